package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"kinora/inference/tensor"
)

// An Entry is a tensor to be written.
type Entry struct {
	Name  string
	DType tensor.DType
	Shape tensor.Shape
	// Data writes the elements; it is called once, when their turn comes.
	Data func(io.Writer) error
}

// Bytes is the Data of a tensor in memory.
func Bytes(b []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}

// Write writes a checkpoint, wide elements first, so that every tensor lies
// aligned. No tensor is held in memory.
func Write(w io.Writer, entries []Entry, metadata map[string]string) error {
	entries = slices.Clone(entries)
	slices.SortFunc(entries, func(a, b Entry) int {
		if x, y := a.DType.Size(1), b.DType.Size(1); x != y {
			return int(y - x)
		}
		return strings.Compare(a.Name, b.Name)
	})
	header, err := header(entries, metadata)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, e := range entries {
		c := &counter{w: w}
		if err := e.Data(c); err != nil {
			return fmt.Errorf("tensor %s: %w", e.Name, err)
		}
		if want := e.DType.Size(e.Shape.Len()); c.n != want {
			return fmt.Errorf("tensor %s: %d bytes written, want %d", e.Name, c.n, want)
		}
	}
	return nil
}

func header(entries []Entry, metadata map[string]string) ([]byte, error) {
	fields := map[string]any{}
	if len(metadata) > 0 {
		fields["__metadata__"] = metadata
	}
	at := int64(0)
	for _, e := range entries {
		if _, twice := fields[e.Name]; twice || e.Name == "__metadata__" {
			return nil, fmt.Errorf("tensor %s: the name is taken", e.Name)
		}
		if !utf8.ValidString(e.Name) || len(e.Name) > maxName {
			return nil, fmt.Errorf("tensor %.40q…: a name must be UTF-8 of at most %d bytes", e.Name, maxName)
		}
		name := ""
		for n, d := range dtypes {
			if d == e.DType {
				name = n
			}
		}
		if name == "" {
			return nil, fmt.Errorf("tensor %s: safetensors has no %v", e.Name, e.DType)
		}
		n, ok := e.Shape.CheckedLen()
		size := e.DType.Size(1)
		if !ok || int64(n) > (math.MaxInt64-at)/size {
			return nil, fmt.Errorf("tensor %s: shape %v is too large", e.Name, e.Shape)
		}
		end := at + int64(n)*size
		shape := append(tensor.Shape{}, e.Shape...) // never null
		fields[e.Name] = map[string]any{"dtype": name, "shape": shape, "data_offsets": []int64{at, end}}
		at = end
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	if pad := (8 - len(text)%8) % 8; pad > 0 {
		text = append(text, bytes.Repeat([]byte{' '}, pad)...)
	}
	if len(text) > MaxHeader {
		return nil, fmt.Errorf("a header of %d bytes; at most %d", len(text), MaxHeader)
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), nil
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
