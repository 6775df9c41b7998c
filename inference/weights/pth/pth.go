// Package pth reads PyTorch checkpoints (.pth, .pt, .bin: a zip with a pickle in
// it) as data. The pickle is never executed: of its language only what a table
// of tensors needs is understood, and anything else is refused by name. The
// package knows no model.
package pth

import (
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"unsafe"

	"kinora/inference/tensor"
	"kinora/inference/weights/mapped"
)

// Bounds on what a checkpoint may ask of us.
const (
	maxTensors = 1 << 16
	maxDims    = 8
	maxName    = 256
	maxNesting = 4 // tables within tables, as {"state_dict": {…}}
)

// A File is an open checkpoint. It may be used by many goroutines at once.
type File struct {
	from    *mapped.File
	names   []string
	tensors map[string]*array
	tables  map[*dict]bool // those collected already
}

// An array is a tensor as the pickle describes it, proven to lie in its storage.
type array struct {
	dtype   tensor.DType
	shape   tensor.Shape
	strides []int // in elements; nil when the elements lie in order
	begin   int64 // of the first element, in the file
}

func (a *array) size() int64 { return a.dtype.Size(a.shape.Len()) }

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
	z, err := readArchive(from)
	if err != nil {
		return nil, err
	}
	top, err := unpickle(z.pickle, z.storage)
	if err != nil {
		return nil, fmt.Errorf("data.pkl: %w", err)
	}
	f := &File{from: from, tensors: map[string]*array{}, tables: map[*dict]bool{}}
	if err := f.collect("", top, 0); err != nil {
		return nil, err
	}
	if len(f.tensors) == 0 {
		return nil, fmt.Errorf("it holds no tensors")
	}
	f.names = slices.Sorted(maps.Keys(f.tensors))
	return f, nil
}

// collect takes the tensors out of tables within tables; what else lies in them,
// such as how far a training had come, is left.
func (f *File) collect(prefix string, v any, depth int) error {
	table, ok := v.(*dict)
	if !ok {
		return nil
	}
	if depth == maxNesting {
		return fmt.Errorf("more than %d tables within each other", maxNesting)
	}
	if f.tables[table] {
		return fmt.Errorf("one table lies in two places, the second at %.40q", prefix)
	}
	f.tables[table] = true
	for i, key := range table.keys {
		name, ok := key.(string)
		if !ok {
			continue
		}
		name = prefix + name
		switch v := table.values[i].(type) {
		case *dict:
			if err := f.collect(name+".", v, depth+1); err != nil {
				return err
			}
		case *array:
			if len(name) > maxName {
				return fmt.Errorf("tensor %.40q…: a name longer than %d bytes", name, maxName)
			}
			if f.tensors[name] != nil {
				return fmt.Errorf("tensor %q twice", name)
			}
			if len(f.tensors) == maxTensors {
				return fmt.Errorf("more than %d tensors", maxTensors)
			}
			f.tensors[name] = v
		}
	}
	return nil
}

// Names lists every tensor, sorted.
func (f *File) Names() []string { return slices.Clone(f.names) }

// Info describes a tensor.
func (f *File) Info(name string) (tensor.DType, tensor.Shape, bool) {
	a, ok := f.tensors[name]
	if !ok {
		return 0, nil, false
	}
	return a.dtype, a.shape, true
}

// Bytes returns a tensor as it lies in the file, or a copy where it lies
// misaligned or its elements out of order.
func (f *File) Bytes(name string) ([]byte, error) {
	a, ok := f.tensors[name]
	if !ok {
		return nil, missing(name)
	}
	if a.strides == nil {
		b, err := f.from.View(a.begin, a.size())
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", name, err)
		}
		if _, size := a.dtype.Block(); len(b) == 0 || uintptr(unsafe.Pointer(&b[0]))%uintptr(size) == 0 {
			return b, nil
		}
	}
	c := make([]byte, a.size())
	return c, f.Read(name, c)
}

// Read copies a tensor into dst, which must have its size, element after element
// in the usual order. It is safe whatever happens to the file.
func (f *File) Read(name string, dst []byte) error {
	a, ok := f.tensors[name]
	if !ok {
		return missing(name)
	}
	if int64(len(dst)) != a.size() {
		return fmt.Errorf("tensor %s: room for %d bytes, want %d", name, len(dst), a.size())
	}
	if len(dst) == 0 {
		return nil
	}
	var err error
	if a.strides == nil {
		var n int
		if n, err = f.from.ReadAt(dst, a.begin); n == len(dst) {
			err = nil
		}
	} else {
		err = f.gather(a, dst)
	}
	if err != nil {
		return fmt.Errorf("tensor %s: %w (%v)", name, mapped.ErrChanged, err)
	}
	return nil
}

// gather walks the elements of a tensor that lie out of order.
func (f *File) gather(a *array, dst []byte) error {
	size := int(a.dtype.Size(1))
	from, err := f.from.View(a.begin, int64(a.span()*size))
	if err != nil {
		return err
	}
	return mapped.Guard(func() error {
		index := make([]int, len(a.shape))
		for at := 0; len(dst) > 0; dst = dst[size:] {
			copy(dst[:size], from[at*size:])
			for d := len(index) - 1; d >= 0; d-- {
				index[d]++
				at += a.strides[d]
				if index[d] < a.shape[d] {
					break
				}
				at -= a.strides[d] * a.shape[d]
				index[d] = 0
			}
		}
		return nil
	})
}

// span is the number of elements from the first to the last in memory.
func (a *array) span() int {
	n := 1
	for d, s := range a.strides {
		n += (a.shape[d] - 1) * s
	}
	return n
}

// Close gives the file back. Bytes taken before are invalid from then on.
func (f *File) Close() error { return f.from.Close() }

func missing(name string) error { return fmt.Errorf("tensor %s: not in checkpoint", name) }

// newArray proves that every element lies inside the storage.
func newArray(s *storage, offset int64, shape, strides []int64) (*array, error) {
	if len(shape) > maxDims || len(shape) != len(strides) {
		return nil, fmt.Errorf("a tensor of shape %v with strides %v", shape, strides)
	}
	a := &array{dtype: s.dtype, shape: make(tensor.Shape, len(shape)), strides: make([]int, len(shape))}
	last, inside := uint64(offset), offset >= 0 && offset <= s.numel
	for d := range shape {
		a.shape[d], a.strides[d] = int(shape[d]), int(strides[d])
		if shape[d] < 0 || strides[d] < 0 || int64(a.shape[d]) != shape[d] || int64(a.strides[d]) != strides[d] {
			return nil, fmt.Errorf("a tensor of shape %v with strides %v", shape, strides)
		}
		if shape[d] == 0 {
			continue
		}
		hi, lo := bits.Mul64(uint64(shape[d]-1), uint64(strides[d]))
		sum, carry := bits.Add64(last, lo, 0)
		inside = inside && hi == 0 && carry == 0
		last = sum
	}
	n, ok := a.shape.CheckedLen()
	if !ok || !inside || n > 0 && last >= uint64(s.numel) {
		return nil, fmt.Errorf("a tensor of shape %v with strides %v from element %d on reaches over its storage of %d", shape, strides, offset, s.numel)
	}
	if int64(n) > s.numel {
		return nil, fmt.Errorf("a tensor of shape %v repeats the %d elements of its storage", shape, s.numel)
	}
	a.begin = s.begin + offset*a.dtype.Size(1)
	if n == 0 || inOrder(a.shape, a.strides) {
		a.strides = nil
	}
	return a, nil
}

func inOrder(shape tensor.Shape, strides []int) bool {
	want := 1
	for d := len(shape) - 1; d >= 0; d-- {
		if shape[d] != 1 && strides[d] != want {
			return false
		}
		want *= shape[d]
	}
	return true
}
