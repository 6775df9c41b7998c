package pth

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

func (m *vm) take(n int) ([]byte, error) {
	if n > len(m.in)-m.at {
		return nil, errCut
	}
	b := m.in[m.at : m.at+n]
	m.at += n
	return b, nil
}

func (m *vm) push(v any) error {
	m.stack = append(m.stack, v)
	return nil
}

func (m *vm) mark() error {
	if len(m.marks) == 64 {
		return errors.New("more than 64 open marks")
	}
	m.marks = append(m.marks, len(m.stack))
	return nil
}

// floor is how deep the values since the last mark reach.
func (m *vm) floor() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

// pop takes n values off the stack, or all down to the last mark when n is -1.
func (m *vm) pop(n int) ([]any, error) {
	from := len(m.stack) - n
	if n < 0 {
		if len(m.marks) == 0 {
			return nil, errors.New("a mark is missing")
		}
		from = m.floor()
		m.marks = m.marks[:len(m.marks)-1]
	} else if from < m.floor() {
		return nil, errors.New("a value is missing")
	}
	v := m.stack[from:]
	m.stack = m.stack[:from]
	return v, nil
}

// top is the value on the stack that the last ones were for.
func (m *vm) top() any {
	if len(m.stack) <= m.floor() {
		return nil
	}
	return m.stack[len(m.stack)-1]
}

func (m *vm) proto() error {
	b, err := m.take(1)
	if err == nil && b[0] != 2 {
		err = fmt.Errorf("pickle protocol %d, want 2", b[0])
	}
	return err
}

func (m *vm) integer(n int) error {
	b, err := m.take(n)
	if err != nil {
		return err
	}
	v := int64(0)
	for i, c := range b {
		v |= int64(c) << (8 * i)
	}
	if n == 4 {
		v = int64(int32(v)) // the one that is signed
	}
	return m.push(v)
}

func (m *vm) long() error {
	n, err := m.take(1)
	if err != nil {
		return err
	}
	if n[0] > 8 {
		return fmt.Errorf("an integer of %d bytes", n[0])
	}
	b, err := m.take(int(n[0]))
	if err != nil {
		return err
	}
	v := int64(0)
	for i, c := range b {
		v |= int64(c) << (8 * i)
	}
	if len(b) > 0 {
		free := 64 - 8*len(b)
		v = v << free >> free
	}
	return m.push(v)
}

func (m *vm) float() error {
	b, err := m.take(8)
	if err != nil {
		return err
	}
	return m.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
}

func (m *vm) text() error {
	n, err := m.take(4)
	if err != nil {
		return err
	}
	size := binary.LittleEndian.Uint32(n)
	if uint64(size) > uint64(len(m.in)) {
		return errCut
	}
	b, err := m.take(int(size))
	if err != nil {
		return err
	}
	if !utf8.Valid(b) {
		return errors.New("a text is not valid UTF-8")
	}
	return m.push(string(b))
}

func (m *vm) tupleOf(n int) error {
	v, err := m.pop(n)
	if err != nil {
		return err
	}
	return m.push(append(tuple(nil), v...))
}

func (m *vm) index(n int) (int, error) {
	b, err := m.take(n)
	if err != nil {
		return 0, err
	}
	v := uint64(0)
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	if v >= maxMemo {
		return 0, fmt.Errorf("memo %d; at most %d", v, maxMemo-1)
	}
	return int(v), nil
}

func (m *vm) put(n int) error {
	i, err := m.index(n)
	if err != nil {
		return err
	}
	if len(m.stack) <= m.floor() {
		return errors.New("a value is missing")
	}
	if i >= len(m.memo) {
		m.memo = append(m.memo, make([]any, i+1-len(m.memo))...)
	}
	m.memo[i] = m.top()
	return nil
}

func (m *vm) get(n int) error {
	i, err := m.index(n)
	if err != nil {
		return err
	}
	if i >= len(m.memo) {
		return fmt.Errorf("memo %d was never written", i)
	}
	return m.push(m.memo[i])
}

func (m *vm) appendTo(n int) error {
	v, err := m.pop(n)
	if err != nil {
		return err
	}
	l, ok := m.top().(*list)
	if !ok {
		return errors.New("values are added to what is no list")
	}
	l.items = append(l.items, v...)
	return nil
}

func (m *vm) set(n int) error {
	v, err := m.pop(n)
	if err != nil {
		return err
	}
	d, ok := m.top().(*dict)
	if !ok || len(v)%2 != 0 {
		return errors.New("a name is given to what is no table")
	}
	for i := 0; i < len(v); i += 2 {
		d.keys, d.values = append(d.keys, v[i]), append(d.values, v[i+1])
	}
	return nil
}
