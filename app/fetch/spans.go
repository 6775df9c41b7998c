package fetch

import "slices"

// A span is the bytes from lo up to, not including, hi.
type span struct{ lo, hi int64 }

// spans are in order and neither touch nor overlap.
type spans []span

// add returns s with x in it.
func (s spans) add(x span) spans {
	if x.lo >= x.hi {
		return s
	}
	from := 0
	for from < len(s) && s[from].hi < x.lo {
		from++
	}
	to := from
	for to < len(s) && s[to].lo <= x.hi {
		x.lo, x.hi = min(x.lo, s[to].lo), max(x.hi, s[to].hi)
		to++
	}
	return slices.Replace(s, from, to, x)
}

// gap is the first part of the bytes below size that is not in s, at most most long.
func (s spans) gap(size, most int64) (span, bool) {
	at := int64(0)
	for _, x := range s {
		if x.lo > at {
			return span{at, min(x.lo, at+most)}, true
		}
		at = x.hi
	}
	return span{at, min(size, at+most)}, at < size
}

// within is what of s lies below size.
func (s spans) within(size int64) spans {
	var cut spans
	for _, x := range s {
		cut = cut.add(span{x.lo, min(x.hi, size)})
	}
	return cut
}

func (s spans) total() (n int64) {
	for _, x := range s {
		n += x.hi - x.lo
	}
	return n
}
