// Package tensor holds the nouns every numeric room shares: element types,
// shapes, and views of bytes as numbers. It computes nothing.
package tensor

import (
	"fmt"
	"math/bits"
	"slices"
	"unsafe"
)

// A Shape lists dimensions, outermost first.
type Shape []int

// Len returns the number of elements.
func (s Shape) Len() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// CheckedLen returns the number of elements of a shape that comes from a file,
// or false when a dimension is negative or the product does not fit.
func (s Shape) CheckedLen() (int, bool) {
	n := uint64(1)
	for _, d := range s {
		if d < 0 {
			return 0, false
		}
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > 1<<62 {
			return 0, false
		}
		n = lo
	}
	return int(n), true
}

// Equal reports whether two shapes are the same.
func (s Shape) Equal(t Shape) bool { return slices.Equal(s, t) }

func (s Shape) String() string { return fmt.Sprint([]int(s)) }

// Number is an element that Go can view in place. A uint16 holds bf16 or f16.
type Number interface {
	~float32 | ~float64 | ~int32 | ~int64 | ~uint32 | ~uint16 | ~uint8 | ~int8
}

// View reads bytes as elements without copying. b must be aligned for T.
func View[T Number](b []byte) []T {
	var zero T
	n := len(b) / int(unsafe.Sizeof(zero))
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), n)
}

// Bytes views elements as bytes without copying.
func Bytes[T Number](v []T) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), len(v)*int(unsafe.Sizeof(v[0])))
}
