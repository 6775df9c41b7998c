package simd

import (
	"sync"

	"kinora/inference/tensor"
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
		release(s.free[small])
		s.free[small] = s.free[len(s.free)-1]
		s.free = s.free[:len(s.free)-1]
	}
	s.free = append(s.free, b)
}

// drop gives all of it back.
func (s *scratch) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.free {
		release(b)
	}
	s.free = nil
}

// aligned returns n zeros that begin on a cache line, until release.
func aligned(n int) []float32 {
	b, err := Alloc(4 * n)
	if err != nil {
		b = make([]byte, 4*n) // Go's own end to it
	}
	return tensor.View[float32](b)
}

// release gives back what aligned returned.
func release(b []float32) {
	if b = b[:cap(b)]; len(b) > 0 {
		_ = Free(tensor.Bytes(b)) // fails only for memory that is none
	}
}
