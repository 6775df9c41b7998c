package pth

import (
	"errors"
	"fmt"

	"kinora/inference/tensor"
)

// Bounds on a pickle. A checkpoint of a thousand tensors takes some 40,000
// operations, and no operation stores more than a few dozen bytes beyond its own.
const (
	maxOperations = 1 << 19
	maxStack      = 1 << 16
	maxMemo       = 1 << 18
)

// A vm reads a pickle of protocol 2 the way torch's weights_only does, but its
// values are data only: nothing in it can call anything.
//
// Values are nil, bool, int64, float64, string, tuple, *list, *dict, global,
// *storage and *array.
type vm struct {
	in     []byte
	at     int
	stack  []any
	marks  []int
	memo   []any
	lookup func(d tensor.DType, key string, numel int64) (*storage, error)
}

type (
	tuple []any
	list  struct{ items []any }
	dict  struct{ keys, values []any }
)

var errCut = errors.New("the pickle ends too soon")

func unpickle(in []byte, lookup func(tensor.DType, string, int64) (*storage, error)) (any, error) {
	m := &vm{in: in, lookup: lookup}
	for range maxOperations {
		at := m.at
		b, err := m.take(1)
		if err != nil {
			return nil, err
		}
		if b[0] == '.' { // STOP
			return m.end()
		}
		op, ok := opcodes[b[0]]
		if !ok {
			return nil, fmt.Errorf("byte %d: opcode %#02x is not one that a table of tensors needs", at, b[0])
		}
		if err := op(m); err != nil {
			return nil, fmt.Errorf("byte %d: %w", at, err)
		}
		if len(m.stack) > maxStack {
			return nil, fmt.Errorf("byte %d: more than %d values at once", at, maxStack)
		}
	}
	return nil, fmt.Errorf("more than %d operations", maxOperations)
}

func (m *vm) end() (any, error) {
	if m.at != len(m.in) {
		return nil, fmt.Errorf("%d bytes behind the end of the pickle", len(m.in)-m.at)
	}
	if len(m.stack) != 1 || len(m.marks) != 0 {
		return nil, fmt.Errorf("%d values are left at the end, want 1", len(m.stack))
	}
	return m.stack[0], nil
}

// opcodes is everything that is understood.
var opcodes = map[byte]func(*vm) error{
	0x80: (*vm).proto,
	'}':  func(m *vm) error { return m.push(&dict{}) },
	']':  func(m *vm) error { return m.push(&list{}) },
	')':  func(m *vm) error { return m.push(tuple(nil)) },
	'N':  func(m *vm) error { return m.push(nil) },
	0x88: func(m *vm) error { return m.push(true) },
	0x89: func(m *vm) error { return m.push(false) },
	'K':  func(m *vm) error { return m.integer(1) },
	'M':  func(m *vm) error { return m.integer(2) },
	'J':  func(m *vm) error { return m.integer(4) },
	0x8a: (*vm).long,
	'G':  (*vm).float,
	'X':  (*vm).text,
	'(':  (*vm).mark,
	't':  func(m *vm) error { return m.tupleOf(-1) },
	0x85: func(m *vm) error { return m.tupleOf(1) },
	0x86: func(m *vm) error { return m.tupleOf(2) },
	0x87: func(m *vm) error { return m.tupleOf(3) },
	'q':  func(m *vm) error { return m.put(1) },
	'r':  func(m *vm) error { return m.put(4) },
	'h':  func(m *vm) error { return m.get(1) },
	'j':  func(m *vm) error { return m.get(4) },
	'a':  func(m *vm) error { return m.appendTo(1) },
	'e':  func(m *vm) error { return m.appendTo(-1) },
	's':  func(m *vm) error { return m.set(2) },
	'u':  func(m *vm) error { return m.set(-1) },
	'c':  (*vm).global,
	'Q':  (*vm).persistent,
	'R':  (*vm).reduce,
	'b':  (*vm).build,
}
