// Package gguf reads and writes GGUF, ggml's file of keys and (quantised) tensors.
// Everything the file claims is proven before it is believed. The package knows
// no model and widens no element.
package gguf

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unsafe"

	"kinora/inference/tensor"
	"kinora/inference/weights/mapped"
)

// Bounds on what a file may ask of us.
const (
	maxTensors   = 1 << 16
	maxKeys      = 1 << 16
	maxKey       = 512
	maxName      = 256
	maxDims      = 5 // ggml has four, but video models are written with five
	maxString    = 1 << 20
	maxArray     = 1 << 22 // numbers
	maxTexts     = 1 << 20
	maxAlignment = 1 << 20
)

// A File is an open checkpoint. It may be used by many goroutines at once.
type File struct {
	from    *mapped.File
	names   []string
	tensors map[string]info
	keys    map[string]value
}

type info struct {
	dtype      tensor.DType
	shape      tensor.Shape
	begin, end int64 // in the file
}

// Open maps the checkpoint at path.
func Open(path string) (*File, error) {
	from, err := mapped.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := Read(from)
	if err != nil {
		_ = from.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Read reads the checkpoint in from, and owns it when there is no error.
func Read(from *mapped.File) (*File, error) {
	f := &File{from: from, tensors: map[string]info{}, keys: map[string]value{}}
	at, err := f.header(newReader(from, 0, from.Size()))
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errors.New("cut short: it ends inside its header; copy or download the file again")
	}
	if err != nil {
		return nil, err
	}
	align, err := f.alignment()
	if err != nil {
		return nil, err
	}
	f.names = slices.Sorted(maps.Keys(f.tensors))
	if err := f.layout(up(at, align), align); err != nil {
		return nil, err
	}
	return f, f.originalShapes()
}

func (f *File) alignment() (int64, error) {
	v, ok := f.keys["general.alignment"]
	if !ok {
		return 32, nil
	}
	if n := int64(v.bits); v.kind == kindU32 && n > 0 && n <= maxAlignment && n&(n-1) == 0 {
		return n, nil
	}
	return 0, fmt.Errorf("general.alignment is %d; it must be a power of two up to %d", v.bits, maxAlignment)
}

func up(n, align int64) int64 { return (n + align - 1) / align * align }

// layout moves the offsets to where the data starts and proves that the tensors
// lie one after another to the end of the file.
func (f *File) layout(start, align int64) error {
	order := slices.Clone(f.names)
	slices.SortFunc(order, func(a, b string) int {
		return cmp.Compare(f.tensors[a].begin, f.tensors[b].begin)
	})
	room := f.from.Size() - start
	at := int64(0) // end of the tensor before
	for i, name := range order {
		t := f.tensors[name]
		switch {
		case t.begin < at:
			return fmt.Errorf("tensors %q and %q overlap", order[i-1], name)
		case t.begin%align != 0:
			return fmt.Errorf("tensor %q lies at %d, which is not a multiple of %d", name, t.begin, align)
		case t.begin > up(at, align):
			return fmt.Errorf("%d bytes between tensors belong to none, before %q", t.begin-at, name)
		case t.end > room:
			return fmt.Errorf("cut short: tensor %q ends at %d, and %d bytes are there; copy or download the file again", name, t.end, max(0, room))
		}
		at = t.end
		t.begin, t.end = start+t.begin, start+t.end
		f.tensors[name] = t
	}
	if left := room - at; left > align {
		return fmt.Errorf("%d bytes behind the last tensor belong to none", left)
	}
	return nil
}

// originalShapes restores the shapes of tensors that a writer had to fold.
func (f *File) originalShapes() error {
	for key := range f.keys { // most files have none, and names may be long
		name, ok := strings.CutPrefix(key, "comfy.gguf.orig_shape.")
		t, known := f.tensors[name]
		if !ok || !known {
			continue
		}
		v, err := f.Value(key)
		if err != nil {
			return err
		}
		dims, ok := v.([]int64)
		shape := tensor.Shape{}
		for _, d := range dims {
			shape = append(shape, int(d))
		}
		if n, fits := shape.CheckedLen(); !ok || !fits || len(dims) == 0 || len(dims) > maxDims || n != t.shape.Len() {
			return fmt.Errorf("tensor %q: its original shape %v does not fold to %v", name, v, t.shape)
		}
		t.shape = shape
		f.tensors[name] = t
	}
	return nil
}

// Names lists every tensor, sorted.
func (f *File) Names() []string { return slices.Clone(f.names) }

// Info describes a tensor. Shapes are outermost first, the other way round than
// they are written.
func (f *File) Info(name string) (tensor.DType, tensor.Shape, bool) {
	t, ok := f.tensors[name]
	return t.dtype, t.shape, ok
}

// Bytes returns a tensor as it lies in the file, or a copy where it lies
// misaligned for its type. See package mapped for what can happen to it.
func (f *File) Bytes(name string) ([]byte, error) {
	t, ok := f.tensors[name]
	if !ok {
		return nil, fmt.Errorf("tensor %s: not in checkpoint", name)
	}
	b, err := f.from.View(t.begin, t.end-t.begin)
	if err != nil {
		return nil, fmt.Errorf("tensor %s: %w", name, err)
	}
	if elems, size := t.dtype.Block(); elems == 1 && uintptr(unsafe.Pointer(&b[0]))%uintptr(size) != 0 {
		c := make([]byte, len(b))
		return c, f.Read(name, c)
	}
	return b, nil
}

// Read copies a tensor into dst, which must have its size. It is safe whatever
// happens to the file.
func (f *File) Read(name string, dst []byte) error {
	t, ok := f.tensors[name]
	if !ok {
		return fmt.Errorf("tensor %s: not in checkpoint", name)
	}
	if int64(len(dst)) != t.end-t.begin {
		return fmt.Errorf("tensor %s: room for %d bytes, want %d", name, len(dst), t.end-t.begin)
	}
	if n, err := f.from.ReadAt(dst, t.begin); n < len(dst) {
		return fmt.Errorf("tensor %s: %w (%v)", name, mapped.ErrChanged, err)
	}
	return nil
}

// Close gives the file back. Bytes taken before are invalid from then on.
func (f *File) Close() error { return f.from.Close() }
