// Package safetensors reads and writes the safetensors format: a length, a JSON
// header, and the tensors one after another. Everything the header claims is
// proven before it is believed. The package knows no model and no other format.
package safetensors

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"unsafe"

	"kinora/inference/tensor"
	"kinora/inference/weights/mapped"
)

// Bounds on what a header may ask of us. The format itself ends at MaxHeader.
const (
	MaxHeader   = 100_000_000
	maxTensors  = 1 << 16
	maxName     = 256
	maxDims     = 8
	maxMetadata = 16 << 20
)

// A File is an open checkpoint. It may be used by many goroutines at once.
type File struct {
	from     *mapped.File
	names    []string
	tensors  map[string]info
	metadata map[string]string
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

// Parse reads a checkpoint that is in memory already. Data is used in place and
// must not change.
func Parse(data []byte) (*File, error) { return Read(mapped.Bytes(data)) }

// Read reads the checkpoint in from, and owns it when there is no error.
func Read(from *mapped.File) (*File, error) {
	if from.Size() < 8 {
		return nil, fmt.Errorf("not a safetensors file: %d bytes are too few", from.Size())
	}
	var head [8]byte
	if _, err := from.ReadAt(head[:], 0); err != nil {
		return nil, fmt.Errorf("read the header's length: %w", err)
	}
	n := binary.LittleEndian.Uint64(head[:])
	if n > MaxHeader {
		return nil, fmt.Errorf("not a safetensors file, or a damaged one: a header of %d bytes (at most %d)", n, MaxHeader)
	}
	if int64(n) > from.Size()-8 {
		return nil, fmt.Errorf("cut short: the header has %d bytes, and %d are left; copy or download the file again", n, from.Size()-8)
	}
	raw := make([]byte, n)
	if _, err := from.ReadAt(raw, 8); err != nil {
		return nil, fmt.Errorf("read the header: %w", err)
	}
	f := &File{from: from}
	var err error
	if f.tensors, f.metadata, err = parseHeader(raw); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	f.names = slices.Sorted(maps.Keys(f.tensors))
	return f, f.layout(8 + int64(n))
}

// layout moves the offsets behind the header and proves that the tensors cover
// the rest of the file, each byte once.
func (f *File) layout(start int64) error {
	order := slices.Clone(f.names)
	slices.SortFunc(order, func(a, b string) int {
		x, y := f.tensors[a], f.tensors[b]
		return cmp.Or(cmp.Compare(x.begin, y.begin), cmp.Compare(x.end, y.end))
	})
	at, before := int64(0), int64(-1) // end and begin of the tensor before
	for i, name := range order {
		t := f.tensors[name]
		switch {
		case t.begin > at:
			return fmt.Errorf("%d bytes between tensors belong to none, before %q", t.begin-at, name)
		case t.begin < at:
			return fmt.Errorf("tensors %q and %q overlap", order[i-1], name)
		case t.begin == t.end && t.begin == before:
			return fmt.Errorf("tensors %q and %q, both empty, share one place", order[i-1], name)
		}
		at, before = t.end, t.begin
		t.begin, t.end = start+t.begin, start+t.end
		f.tensors[name] = t
	}
	switch have := f.from.Size() - start; {
	case at > have:
		return fmt.Errorf("cut short: the tensors take %d bytes, and %d are there; copy or download the file again", at, have)
	case at < have:
		return fmt.Errorf("%d bytes behind the last tensor belong to none", have-at)
	}
	return nil
}

// Names lists every tensor, sorted.
func (f *File) Names() []string { return slices.Clone(f.names) }

// Metadata returns the notes the writer left under __metadata__.
func (f *File) Metadata() map[string]string { return maps.Clone(f.metadata) }

// Info describes a tensor.
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
	if _, size := t.dtype.Block(); len(b) > 0 && uintptr(unsafe.Pointer(&b[0]))%uintptr(size) != 0 {
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
