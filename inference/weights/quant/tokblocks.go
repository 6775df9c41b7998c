package quant

import "math"

// Writers of K-quants. The layouts are ggml's (see kblocks.go); how the scales are
// found is ours: for each group, whole numbers by several trial scales, each then
// bettered by least squares, and of all these the one with the least squared error.

const trials = 8 // on either side of the scale that just covers the range

// group fits x ≈ s·q − m with whole q in 0 … most and s, m ≥ 0.
func group(x []float32, most int) (s, m float32) {
	lo, hi := min(0, x[0]), x[0]
	for _, v := range x {
		lo, hi = min(lo, v), max(hi, v)
	}
	if hi <= lo {
		return 0, -lo
	}
	least := math.Inf(1)
	for k := -trials; k <= trials; k++ {
		inverse := (float64(most) + float64(k)*0.125) / float64(hi-lo)
		a, b := offsetLine(x, inverse, float64(lo), most)
		if e := offsetError(x, a, b, most); e < least {
			least, s, m = e, float32(a), float32(b)
		}
	}
	return s, m
}

// offsetLine returns the s, m of least squares for the q that inverse and lo make.
func offsetLine(x []float32, inverse, lo float64, most int) (s, m float64) {
	var n, sq, sqq, sx, sxq float64
	for _, v := range x {
		q := whole((float64(v)-lo)*inverse, 0, most)
		n, sq, sqq, sx, sxq = n+1, sq+q, sqq+q*q, sx+float64(v), sxq+float64(v)*q
	}
	if d := n*sqq - sq*sq; d > 0 {
		s = (n*sxq - sq*sx) / d
		m = (sq*s - sx) / n
	}
	if s <= 0 || m < 0 { // without an offset
		s, m = max(0, ratio(sxq, sqq)), 0
	}
	return s, m
}

func offsetError(x []float32, s, m float64, most int) (e float64) {
	for _, v := range x {
		d := float64(v) - s*whole(ratio(float64(v)+m, s), 0, most) + m
		e += d * d
	}
	return e
}

// even fits x ≈ s·q with whole q in −most−1 … most; s may be negative.
func even(x []float32, most int) (s float32) {
	top := float32(0)
	for _, v := range x {
		if abs(v) > abs(top) {
			top = v
		}
	}
	if top == 0 {
		return 0
	}
	least := math.Inf(1)
	for k := -trials; k <= trials; k++ {
		inverse := -(float64(most) + 1 + float64(k)*0.125) / float64(top)
		var sqq, sxq float64
		for _, v := range x {
			q := whole(float64(v)*inverse, -most-1, most)
			sqq, sxq = sqq+q*q, sxq+float64(v)*q
		}
		a, e := ratio(sxq, sqq), 0.0
		for _, v := range x {
			d := float64(v) - a*whole(ratio(float64(v), a), -most-1, most)
			e += d * d
		}
		if e < least {
			least, s = e, float32(a)
		}
	}
	return s
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// whole rounds to a whole number in least … most.
func whole(x float64, least, most int) float64 {
	return min(float64(most), max(float64(least), math.Round(x)))
}

// offsets fits the eight groups of a block with scale and offset, writes them and
// calls put with each element's whole number.
func offsets(b []byte, x []float32, most int, put func(i int, q byte)) {
	var s, m [8]float32
	var topS, topM float32
	for g := range 8 {
		s[g], m[g] = group(x[32*g:32*g+32], most)
		topS, topM = max(topS, s[g]), max(topM, m[g])
	}
	putHalf(b, topS/63)
	putHalf(b[2:], topM/63)
	d, dmin, p := half(b), half(b[2:]), b[4:16]
	clear(p)
	for g := range 8 {
		qs, qm := byte(whole(ratio(float64(s[g]), float64(d)), 0, 63)), byte(whole(ratio(float64(m[g]), float64(dmin)), 0, 63))
		if g < 4 {
			p[g], p[g+4] = p[g]|qs, p[g+4]|qm
		} else {
			p[g+4] = qs&15 | qm<<4
			p[g-4] |= qs >> 4 << 6
			p[g] |= qm >> 4 << 6
		}
		scale, offset := float64(d*float32(qs)), float64(dmin*float32(qm))
		for i := 32 * g; i < 32*g+32; i++ {
			put(i, byte(whole(ratio(float64(x[i])+offset, scale), 0, most)))
		}
	}
}

func toQ4K(b []byte, x []float32) {
	qs := b[16:144]
	clear(qs)
	offsets(b, x, 15, func(i int, q byte) { qs[i/64*32+i%32] |= q << (i / 32 % 2 * 4) })
}

func toQ5K(b []byte, x []float32) {
	high, qs := b[16:48], b[48:176]
	clear(b[16:176])
	offsets(b, x, 31, func(i int, q byte) {
		qs[i/64*32+i%32] |= q & 15 << (i / 32 % 2 * 4)
		high[i%32] |= q >> 4 << (i / 32)
	})
}

func toQ6K(b []byte, x []float32) {
	low, high, scales := b[:128], b[128:192], b[192:208]
	clear(b)
	var s [16]float32
	top := float32(0)
	for g := range s {
		s[g] = even(x[16*g:16*g+16], 31)
		top = max(top, abs(s[g]))
	}
	putHalf(b[208:], top/127)
	d := half(b[208:])
	for i, v := range x {
		c := whole(ratio(float64(s[i/16]), float64(d)), -127, 127)
		scales[i/16] = byte(int8(c))
		q := byte(whole(ratio(float64(v), float64(d)*c), -32, 31) + 32)
		n, r := i/128, i%128
		low[64*n+r%64] |= q & 15 << (r / 64 * 4)
		high[32*n+r%32] |= q >> 4 << (r / 32 * 2)
	}
}
