package plan

import (
	"cmp"
	"slices"
)

// align is where every value begins: a cache line is enough for the CPU, and 256
// bytes is what a GPU's wide loads like.
const align = 256

func up(n int64) int64 { return (n + align - 1) / align * align }

// A row hands out offsets one after the other.
type row struct{ end int64 }

func (r *row) take(size int64) int64 {
	off := r.end
	r.end += up(size)
	return off
}

// An arena is memory that is used again. Until pack has seen them all, it hands
// out places that do not exist, far apart.
type arena struct{ spans []span }

// A span is taken at one node and given back after another.
type span struct {
	size, off int64
	from, to  int
}

// apart is how far places that do not exist are from each other; no span is so large.
const apart = 44

func (a *arena) take(size int64, at int) int64 {
	a.spans = append(a.spans, span{size: up(size), from: at, to: at})
	return int64(len(a.spans)-1) << apart
}

func (a *arena) give(off int64, at int) { a.spans[off>>apart].to = at }

// pack finds each span its place, the large ones first, in the smallest gap between those
// that are there at the same time, and returns how far they reach.
func (a *arena) pack() (end int64) {
	order := make([]*span, len(a.spans))
	for i := range a.spans {
		order[i] = &a.spans[i]
	}
	slices.SortStableFunc(order, func(x, y *span) int { return cmp.Compare(y.size, x.size) })
	var beside []*span
	for i, p := range order {
		beside = beside[:0]
		for _, q := range order[:i] {
			if q.from <= p.to && p.from <= q.to {
				beside = append(beside, q)
			}
		}
		slices.SortFunc(beside, func(x, y *span) int { return cmp.Compare(x.off, y.off) })
		var at, best int64
		best = -1
		for _, q := range beside {
			if gap := q.off - at; gap >= p.size && (best < 0 || gap < best) {
				p.off, best = at, gap
			}
			at = max(at, q.off+q.size)
		}
		if best < 0 {
			p.off = at
		}
		end = max(end, p.off+p.size)
	}
	return end
}

// place turns a place that does not exist, or one within it, into what pack has found.
func (a *arena) place(off int64) int64 {
	return a.spans[off>>apart].off + off&(1<<apart-1)
}
