package simd

import (
	"sync"
	"unsafe"
)

// scratch keeps buffers between calls, so that a step of a model allocates
// nothing once it has run.
type scratch struct {
	mu   sync.Mutex
	free [][]float32
}

// take returns n floats that begin on a cache line; their values are anything.
func (s *scratch) take(n int) []float32 {
	s.mu.Lock()
	best := -1
	for i, b := range s.free {
		if cap(b) >= n && (best < 0 || cap(b) < cap(s.free[best])) {
			best = i
		}
	}
	if best >= 0 && cap(s.free[best]) <= 4*n+1<<16 {
		b := s.free[best]
		s.free = append(s.free[:best], s.free[best+1:]...)
		s.mu.Unlock()
		return b[:n]
	}
	s.mu.Unlock()
	return aligned(n)
}

func (s *scratch) give(b []float32) {
	const keep = 64
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == keep { // the smallest is the cheapest to make again
		small := 0
		for i := range s.free {
			if cap(s.free[i]) < cap(s.free[small]) {
				small = i
			}
		}
		s.free[small] = s.free[len(s.free)-1]
		s.free = s.free[:len(s.free)-1]
	}
	s.free = append(s.free, b)
}

// aligned returns n zeros that begin on a cache line.
func aligned(n int) []float32 {
	const line = 16
	b := make([]float32, n+line)
	off := int(-uintptr(unsafe.Pointer(&b[0])) / 4 % line)
	return b[off : off+n : off+n]
}
