package plan

import "slices"

// align is where every value begins: a cache line is enough for the CPU, and 256
// bytes is what a GPU's wide loads like.
const align = 256

func up(n int64) int64 { return (n + align - 1) / align * align }

// An arena hands out offsets, best fit, and remembers how far it ever reached.
type arena struct {
	free []span // sorted, disjoint, never touching
	end  int64
}

type span struct{ off, size int64 }

func (a *arena) take(size int64) int64 {
	size = up(size)
	best := -1
	for i, s := range a.free {
		if s.size >= size && (best < 0 || s.size < a.free[best].size) {
			best = i
		}
	}
	if best >= 0 {
		s := a.free[best]
		if s.size == size {
			a.free = slices.Delete(a.free, best, best+1)
		} else {
			a.free[best] = span{s.off + size, s.size - size}
		}
		return s.off
	}
	off := a.end
	if n := len(a.free); n > 0 && a.free[n-1].off+a.free[n-1].size == a.end {
		off = a.free[n-1].off // grow the hole at the end
		a.free = a.free[:n-1]
	}
	a.end = off + size
	return off
}

func (a *arena) give(off, size int64) {
	size = up(size)
	i, _ := slices.BinarySearchFunc(a.free, off, func(s span, o int64) int { return int(s.off - o) })
	a.free = slices.Insert(a.free, i, span{off, size})
	for j := min(i+1, len(a.free)-1); j > 0 && j >= i; j-- { // join neighbours
		if l, r := a.free[j-1], a.free[j]; l.off+l.size == r.off {
			a.free[j-1].size += r.size
			a.free = slices.Delete(a.free, j, j+1)
		}
	}
}
