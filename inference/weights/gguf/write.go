package gguf

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"kinora/inference/tensor"
)

// A Key is a key to be written. Its value is a string, bool, uint32, int32, int64,
// uint64, float32, float64, or a list of string, int32 or float32.
type Key struct {
	Name  string
	Value any
}

// An Entry is a tensor to be written.
type Entry struct {
	Name  string
	DType tensor.DType
	Shape tensor.Shape // outermost first
	// Data writes the elements; it is called once, when their turn comes.
	Data func(io.Writer) error
}

const alignment = 32

// Write writes a checkpoint, in the order given. No tensor is held in memory.
func Write(w io.Writer, keys []Key, entries []Entry) error {
	b := []byte("GGUF")
	u32 := func(n uint32) { b = binary.LittleEndian.AppendUint32(b, n) }
	u64 := func(n uint64) { b = binary.LittleEndian.AppendUint64(b, n) }
	u32(3)
	u64(uint64(len(entries)))
	u64(uint64(len(keys)))
	for _, k := range keys {
		b = appendText(b, k.Name)
		var err error
		if b, err = appendValue(b, k.Value); err != nil {
			return fmt.Errorf("key %s: %w", k.Name, err)
		}
	}
	at := int64(0)
	sizes := make([]int64, len(entries))
	for i, e := range entries {
		kind, err := number32(e)
		if err != nil {
			return fmt.Errorf("tensor %s: %w", e.Name, err)
		}
		b = appendText(b, e.Name)
		u32(uint32(len(e.Shape)))
		for _, d := range slices.Backward(e.Shape) {
			u64(uint64(d))
		}
		u32(kind)
		u64(uint64(at))
		sizes[i] = e.DType.Size(e.Shape.Len())
		if at = up(at+sizes[i], alignment); at < 0 {
			return fmt.Errorf("tensor %s: the file grows too large", e.Name)
		}
	}
	b = append(b, make([]byte, up(int64(len(b)), alignment)-int64(len(b)))...)
	if _, err := w.Write(b); err != nil {
		return err
	}
	for i, e := range entries {
		c := &counter{w: w}
		if err := e.Data(c); err != nil {
			return fmt.Errorf("tensor %s: %w", e.Name, err)
		}
		if c.n != sizes[i] {
			return fmt.Errorf("tensor %s: %d bytes written, want %d", e.Name, c.n, sizes[i])
		}
		if _, err := w.Write(make([]byte, up(c.n, alignment)-c.n)); err != nil {
			return err
		}
	}
	return nil
}

// number32 finds the number of an entry's type, and proves its shape.
func number32(e Entry) (uint32, error) {
	for kind, d := range types {
		if d != e.DType {
			continue
		}
		if len(e.Shape) == 0 || len(e.Shape) > maxDims || len(e.Name) > maxName {
			return 0, fmt.Errorf("%d dimensions, want 1 to %d, and a name of at most %d bytes", len(e.Shape), maxDims, maxName)
		}
		return kind, (&info{shape: e.Shape}).prove(kind, 0)
	}
	return 0, fmt.Errorf("GGUF has no %v", e.DType)
}

func appendText(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

func appendValue(b []byte, v any) ([]byte, error) {
	le := binary.LittleEndian
	kind := func(k ...uint32) {
		for _, k := range k {
			b = le.AppendUint32(b, k)
		}
	}
	switch v := v.(type) {
	case string:
		kind(kindString)
		b = appendText(b, v)
	case bool:
		kind(kindBool)
		if v {
			return append(b, 1), nil
		}
		return append(b, 0), nil
	case uint32:
		kind(kindU32, v)
	case int32:
		kind(kindI32, uint32(v))
	case float32:
		kind(kindF32, math.Float32bits(v))
	case int64:
		kind(kindI64)
		b = le.AppendUint64(b, uint64(v))
	case uint64:
		kind(kindU64)
		b = le.AppendUint64(b, v)
	case float64:
		kind(kindF64)
		b = le.AppendUint64(b, math.Float64bits(v))
	case []string:
		kind(kindArray, kindString)
		b = le.AppendUint64(b, uint64(len(v)))
		for _, s := range v {
			b = appendText(b, s)
		}
	case []int32:
		kind(kindArray, kindI32)
		b = append(le.AppendUint64(b, uint64(len(v))), tensor.Bytes(v)...)
	case []float32:
		kind(kindArray, kindF32)
		b = append(le.AppendUint64(b, uint64(len(v))), tensor.Bytes(v)...)
	default:
		return nil, fmt.Errorf("values of Go type %T are not written", v)
	}
	return b, nil
}

// A counter counts what is written through it.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
