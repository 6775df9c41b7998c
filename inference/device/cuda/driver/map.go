package driver

import (
	"errors"
	"fmt"
)

// A Map describes numbers of 16 bits in memory to the copy engine of compute capability
// 9.0 (a CUtensorMap of cuTensorMapEncodeTiled), which copies boxes of them: sizes and the
// box in numbers, innermost first, and the distance in bytes of neighbours in every
// dimension but the innermost. Rows of the box are 64 numbers, 128 bytes, and come
// swizzled by 128 bytes; what lies outside comes as zeros.
type Map struct {
	At     Ptr
	Size   []int
	Stride []int64
	Box    []int
}

// MapSize is how many bytes an encoded map has.
const MapSize = 128

// ErrNoMaps says that a GPU or its driver has no copy engine for boxes.
var ErrNoMaps = errors.New("the GPU or its driver has no tensor maps")

// Check reports what the driver would refuse, or the kernels could not use (CUDA driver
// API, cuTensorMapEncodeTiled).
func (m Map) Check() error {
	n := len(m.Size)
	if n < 1 || n > 5 || len(m.Stride) != n-1 || len(m.Box) != n {
		return fmt.Errorf("a map of %d sizes, %d strides and a box of %d", n, len(m.Stride), len(m.Box))
	}
	if m.At%16 != 0 {
		return fmt.Errorf("a map of memory at %#x, which is no multiple of 16", uint64(m.At))
	}
	for i, s := range m.Size {
		if s < 1 || int64(s) > 1<<32 {
			return fmt.Errorf("a map of sizes %v", m.Size)
		}
		if m.Box[i] < 1 || m.Box[i] > 256 || i == 0 && m.Box[i] != 64 {
			return fmt.Errorf("a map with boxes of %v", m.Box)
		}
	}
	for _, s := range m.Stride {
		if s < 16 || s%16 != 0 || s >= 1<<40 {
			return fmt.Errorf("a map of strides %v", m.Stride)
		}
	}
	return nil
}
