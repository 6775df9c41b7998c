// Package weights finds tensors by name in checkpoints. A Source may be a file or
// a view of another Source: renamed, merged with a LoRA, quantised, or joined.
// It knows no model: which names a family wants is the family's business.
package weights

import (
	"fmt"
	"slices"

	"kinora/inference/tensor"
)

// A Source is a set of named tensors. It may be used by many goroutines at once.
type Source interface {
	// Names lists every tensor, sorted.
	Names() []string
	Info(name string) (tensor.DType, tensor.Shape, bool)
	// Bytes returns the stored bytes. They may be a view of a mapped file: they
	// are read-only, live until Close, and are aligned for their element type.
	Bytes(name string) ([]byte, error)
	Close() error
}

// A Map is a Source in memory, for tests and merged weights.
type Map map[string]Entry

// An Entry is one tensor of a Map.
type Entry struct {
	DType tensor.DType
	Shape tensor.Shape
	Data  []byte
}

// Names implements Source.
func (m Map) Names() []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Info implements Source.
func (m Map) Info(name string) (tensor.DType, tensor.Shape, bool) {
	e, ok := m[name]
	return e.DType, e.Shape, ok
}

// Bytes implements Source.
func (m Map) Bytes(name string) ([]byte, error) {
	e, ok := m[name]
	if !ok {
		return nil, fmt.Errorf("tensor %s: not in checkpoint", name)
	}
	return e.Data, nil
}

// Close implements Source.
func (m Map) Close() error { return nil }
