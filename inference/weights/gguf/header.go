package gguf

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"unicode/utf8"

	"kinora/inference/tensor"
	"kinora/inference/weights/mapped"
)

// A reader counts where it is.
type reader struct {
	*bufio.Reader
	at, end int64
}

// newReader reads n bytes of f from at on.
func newReader(f *mapped.File, at, n int64) *reader {
	return &reader{bufio.NewReaderSize(io.NewSectionReader(f, at, n), int(min(n, 64<<10))), at, at + n}
}

func (r *reader) bytes(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	r.at += int64(n)
	return b, err
}

// number reads n bytes, at most 8, lowest first.
func (r *reader) number(n int) (uint64, error) {
	var b [8]byte
	_, err := io.ReadFull(r, b[:n])
	r.at += int64(n)
	return binary.LittleEndian.Uint64(b[:]), err
}

func (r *reader) u32() (uint32, error) {
	n, err := r.number(4)
	return uint32(n), err
}

// skip passes n bytes over.
func (r *reader) skip(n int64) error {
	if n > r.end-r.at {
		return io.ErrUnexpectedEOF
	}
	for left := n; left > 0; {
		k, err := r.Discard(int(min(left, 1<<20)))
		if left -= int64(k); err != nil {
			return err
		}
	}
	r.at += n
	return nil
}

// str reads a string of at most max bytes.
func (r *reader) str(what string, max uint64) (string, error) {
	n, err := r.number(8)
	if err != nil {
		return "", err
	}
	if n > max {
		return "", fmt.Errorf("%s of %d bytes; at most %d", what, n, max)
	}
	b, err := r.bytes(int(n))
	if err != nil {
		return "", err
	}
	if !utf8.Valid(b) {
		return "", fmt.Errorf("%s %.40q is not valid UTF-8", what, b)
	}
	return string(b), nil
}

// header reads all that lies before the data and returns where that ends.
func (f *File) header(r *reader) (int64, error) {
	magic, err := r.bytes(4)
	if err != nil {
		return 0, err
	}
	if string(magic) != "GGUF" {
		return 0, errors.New("not a GGUF file")
	}
	version, err := r.u32()
	if err != nil {
		return 0, err
	}
	if version != 2 && version != 3 {
		return 0, fmt.Errorf("GGUF version %d; 2 and 3 are read (a large number means big-endian)", version)
	}
	tensors, err := r.number(8)
	if err != nil {
		return 0, err
	}
	keys, err := r.number(8)
	if err != nil {
		return 0, err
	}
	if tensors > maxTensors || keys > maxKeys {
		return 0, fmt.Errorf("%d tensors and %d keys; at most %d and %d", tensors, keys, maxTensors, maxKeys)
	}
	for range keys {
		if err := f.readKey(r); err != nil {
			return 0, err
		}
	}
	for range tensors {
		if err := f.readTensor(r); err != nil {
			return 0, err
		}
	}
	return r.at, nil
}

func (f *File) readTensor(r *reader) error {
	name, err := r.str("a tensor's name", maxName)
	if err != nil {
		return err
	}
	if _, twice := f.tensors[name]; twice {
		return fmt.Errorf("tensor %q twice", name)
	}
	n, err := r.u32()
	if err != nil {
		return err
	}
	if n == 0 || n > maxDims {
		return fmt.Errorf("tensor %q has %d dimensions, want 1 to %d", name, n, maxDims)
	}
	t := info{shape: make(tensor.Shape, n)}
	for d := range t.shape {
		size, err := r.number(8)
		if err != nil {
			return err
		}
		if size == 0 || size > math.MaxInt {
			return fmt.Errorf("tensor %q has a dimension of %d", name, size)
		}
		t.shape[int(n)-1-d] = int(size)
	}
	kind, err := r.u32()
	if err != nil {
		return err
	}
	offset, err := r.number(8)
	if err != nil {
		return err
	}
	if err := t.prove(kind, offset); err != nil {
		return fmt.Errorf("tensor %q: %w", name, err)
	}
	f.tensors[name] = t
	return nil
}

// prove sets type and place, where both are possible.
func (t *info) prove(kind uint32, offset uint64) error {
	d, ok := types[kind]
	if !ok {
		if s := strangers[kind]; s != "" {
			return fmt.Errorf("type %s is not one that this program reads; use a Q4_K, Q5_K, Q6_K or Q8_0 file", s)
		}
		return fmt.Errorf("type %d is not known", kind)
	}
	t.dtype = d
	n, ok := t.shape.CheckedLen()
	elems, size := d.Block()
	if !ok || int64(n/elems) > math.MaxInt64/2/int64(size) {
		return fmt.Errorf("shape %v is too large", t.shape)
	}
	if inner := t.shape[len(t.shape)-1]; inner%elems != 0 {
		return fmt.Errorf("rows of %d are not made of whole blocks of %d (%v)", inner, elems, d)
	}
	if offset > math.MaxInt64/2 {
		return fmt.Errorf("lies at %d", offset)
	}
	t.begin = int64(offset)
	t.end = t.begin + d.Size(n)
	return nil
}
