package gguf

import (
	"fmt"
	"math"
	"strconv"

	"kinora/inference/weights/mapped"
)

// The kinds of value a key may have.
const (
	kindU8 = iota
	kindI8
	kindU16
	kindI16
	kindU32
	kindI32
	kindF32
	kindBool
	kindString
	kindArray
	kindU64
	kindI64
	kindF64
	numKinds
)

// width gives the bytes of each kind that has a width.
var width = [numKinds]int{kindU8: 1, kindI8: 1, kindU16: 2, kindI16: 2, kindU32: 4, kindI32: 4, kindF32: 4,
	kindBool: 1, kindU64: 8, kindI64: 8, kindF64: 8}

// A value is what a key stands for: its bits, or where it lies in the file. Texts
// and lists stay there until they are asked for.
type value struct {
	kind  uint32
	of    uint32 // what a list holds
	bits  uint64 // of a number
	count int
	at    int64
	size  int64
}

func (f *File) readKey(r *reader) error {
	key, err := r.str("a key", maxKey)
	if err != nil {
		return err
	}
	if _, twice := f.keys[key]; twice {
		return fmt.Errorf("key %q twice", key)
	}
	kind, err := r.u32()
	if err != nil {
		return err
	}
	v, err := r.value(kind)
	if err != nil {
		return fmt.Errorf("key %q: %w", key, err)
	}
	f.keys[key] = v
	return nil
}

func (r *reader) value(kind uint32) (value, error) {
	v := value{kind: kind, at: r.at}
	var err error
	switch {
	case kind >= numKinds:
		return v, fmt.Errorf("kind %d is not known", kind)
	case kind == kindString:
		err = r.skipString()
	case kind == kindArray:
		err = r.list(&v)
	default:
		v.bits, err = r.number(width[kind])
		if err == nil && kind == kindBool && v.bits > 1 {
			err = fmt.Errorf("a truth of %d", v.bits)
		}
	}
	v.size = r.at - v.at
	return v, err
}

func (r *reader) skipString() error {
	n, err := r.number(8)
	if err != nil {
		return err
	}
	if n > maxString {
		return fmt.Errorf("a text of %d bytes; at most %d", n, maxString)
	}
	return r.skip(int64(n))
}

func (r *reader) list(v *value) error {
	of, err := r.u32()
	if err != nil {
		return err
	}
	n, err := r.number(8)
	if err != nil {
		return err
	}
	if of >= numKinds || of == kindArray {
		return fmt.Errorf("a list of kind %d", of)
	}
	most := uint64(maxArray)
	if of == kindString {
		most = maxTexts
	}
	if n > most {
		return fmt.Errorf("a list of %d; at most %d", n, most)
	}
	v.of, v.count, v.at = of, int(n), r.at
	if of != kindString {
		return r.skip(int64(n) * int64(width[of]))
	}
	for range n {
		if err := r.skipString(); err != nil {
			return err
		}
	}
	return nil
}

// Value returns what a key stands for: a string, int64, uint64, float64 or bool, or
// a []string, []int64 or []float64; nil when there is no such key.
func (f *File) Value(key string) (any, error) {
	v, ok := f.keys[key]
	if !ok {
		return nil, nil
	}
	if v.kind != kindString && v.kind != kindArray {
		return number(v.kind, v.bits), nil
	}
	read, err := newReader(f.from, v.at, v.size).read(v)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w (%v)", key, mapped.ErrChanged, err)
	}
	return read, nil
}

func (r *reader) read(v value) (any, error) {
	switch {
	case v.kind == kindString:
		return r.rawString()
	case v.of == kindString:
		s := make([]string, v.count)
		for i := range s {
			var err error
			if s[i], err = r.rawString(); err != nil {
				return nil, err
			}
		}
		return s, nil
	case v.of == kindF32 || v.of == kindF64:
		return each(r, v, func(bits uint64) float64 { return number(v.of, bits).(float64) })
	}
	return each(r, v, func(bits uint64) int64 { return whole(v.of, bits) })
}

func each[T any](r *reader, v value, read func(uint64) T) ([]T, error) {
	s := make([]T, v.count)
	for i := range s {
		bits, err := r.number(width[v.of])
		if err != nil {
			return nil, err
		}
		s[i] = read(bits)
	}
	return s, nil
}

// rawString reads a text as it is: a tokenizer's pieces need not be UTF-8.
func (r *reader) rawString() (string, error) {
	n, err := r.number(8)
	if err != nil {
		return "", err
	}
	if n > maxString {
		return "", fmt.Errorf("a text of %d bytes", n)
	}
	b, err := r.bytes(int(n))
	return string(b), err
}

func number(kind uint32, bits uint64) any {
	switch kind {
	case kindBool:
		return bits != 0
	case kindF32:
		return float64(math.Float32frombits(uint32(bits)))
	case kindF64:
		return math.Float64frombits(bits)
	case kindU64:
		return bits
	}
	return whole(kind, bits)
}

func whole(kind uint32, bits uint64) int64 {
	switch kind {
	case kindI8:
		return int64(int8(bits))
	case kindI16:
		return int64(int16(bits))
	case kindI32:
		return int64(int32(bits))
	}
	return int64(bits)
}

// Metadata returns the keys whose values are texts or numbers, as text.
func (f *File) Metadata() map[string]string {
	m := map[string]string{}
	for key, v := range f.keys {
		if v.kind == kindArray {
			continue
		}
		switch x, err := f.Value(key); x := x.(type) {
		case nil:
			_ = err // the file is gone under us; whoever reads a tensor hears of it
		case string:
			m[key] = x
		case float64:
			m[key] = strconv.FormatFloat(x, 'g', -1, 64)
		default:
			m[key] = fmt.Sprint(x)
		}
	}
	return m
}
