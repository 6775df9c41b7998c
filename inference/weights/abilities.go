package weights

import (
	"fmt"

	"kinora/inference/weights/mapped"
)

// Noted is a Source that carries the notes of whoever wrote it.
type Noted interface{ Metadata() map[string]string }

// Metadata returns the notes of s, if it carries any.
func Metadata(s Source) map[string]string {
	if n, ok := s.(Noted); ok {
		return n.Metadata()
	}
	return nil
}

// Keyed is a Source whose file holds values beside its tensors, such as the
// tokenizer in a GGUF file. Value returns a string, int64, uint64, float64 or bool,
// or a []string, []int64 or []float64; nil when there is no such key.
type Keyed interface{ Value(key string) (any, error) }

// Value returns what a key of s stands for, or nil.
func Value(s Source, key string) (any, error) {
	if k, ok := s.(Keyed); ok {
		return k.Value(key)
	}
	return nil, nil
}

// Maker is a Source whose Bytes makes some tensors anew each time it is asked, from what
// the file has of them.
type Maker interface{ Made(name string) bool }

// Made reports whether s makes a tensor, and has no bytes of it that stay.
func Made(s Source, name string) bool {
	m, ok := s.(Maker)
	return ok && m.Made(name)
}

// Reader is a Source that can copy a tensor out, safe from a file that is cut
// short meanwhile. Bytes is faster, but reading what it returns may fault then,
// unless it is done inside mapped.Guard.
type Reader interface {
	Read(name string, dst []byte) error
}

// Read copies a tensor into dst, which must have its size.
func Read(s Source, name string, dst []byte) error {
	if r, ok := s.(Reader); ok {
		return r.Read(name, dst)
	}
	b, err := s.Bytes(name)
	if err != nil {
		return err
	}
	if len(b) != len(dst) {
		return fmt.Errorf("tensor %s: room for %d bytes, want %d", name, len(dst), len(b))
	}
	return mapped.Guard(func() error {
		copy(dst, b)
		return nil
	})
}
