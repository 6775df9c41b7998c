package export

import (
	"cmp"
	"slices"
)

// A histogram counts colours in 32 768 bins and keeps the sum of each, so that a
// bin stands for the colours that are really in it.
type histogram struct {
	n   [1 << 15]int64
	sum [1 << 15][3]int64
}

func bin(r, g, b byte) int { return int(r)>>3<<10 | int(g)>>3<<5 | int(b)>>3 }

func (h *histogram) add(rgb []byte) {
	for i := 0; i+2 < len(rgb); i += 3 {
		at := bin(rgb[i], rgb[i+1], rgb[i+2])
		h.n[at]++
		for k := range 3 {
			h.sum[at][k] += int64(rgb[i+k])
		}
	}
}

// A spot is the colours of one bin.
type spot struct {
	c [3]float64
	n float64
}

// palette picks at most size colours: the box of greatest error is cut at its mean
// along its widest side until there are enough, then all settle to the middle of
// what is nearest to them.
func (h *histogram) palette(size int) [][3]float64 {
	var all []spot
	for i, n := range h.n {
		if n > 0 {
			f := float64(n)
			all = append(all, spot{[3]float64{float64(h.sum[i][0]) / f, float64(h.sum[i][1]) / f, float64(h.sum[i][2]) / f}, f})
		}
	}
	boxes := []colours{measure(all)}
	for len(boxes) < size {
		worst := slices.MaxFunc(boxes, byError).err
		i := slices.IndexFunc(boxes, func(b colours) bool { return b.err == worst })
		a, b, ok := boxes[i].cut()
		if !ok {
			break
		}
		boxes[i] = a
		boxes = append(boxes, b)
	}
	out := make([][3]float64, len(boxes))
	for i, b := range boxes {
		out[i] = b.mean
	}
	for range 3 {
		settle(all, out)
	}
	return out
}

type colours struct {
	spots []spot
	mean  [3]float64
	axis  int
	err   float64
}

func byError(a, b colours) int { return cmp.Compare(a.err, b.err) }

func measure(s []spot) colours {
	b := colours{spots: s}
	var n float64
	for _, p := range s {
		n += p.n
		for k := range 3 {
			b.mean[k] += p.n * p.c[k]
		}
	}
	var spread [3]float64
	for k := range 3 {
		b.mean[k] /= max(n, 1)
	}
	for _, p := range s {
		for k := range 3 {
			d := p.c[k] - b.mean[k]
			spread[k] += p.n * d * d
		}
	}
	for k := range 3 {
		b.err += spread[k]
		if spread[k] > spread[b.axis] {
			b.axis = k
		}
	}
	return b
}

func (b colours) cut() (lo, hi colours, ok bool) {
	s := slices.Clone(b.spots)
	i := 0
	for j := range s {
		if s[j].c[b.axis] < b.mean[b.axis] {
			s[i], s[j] = s[j], s[i]
			i++
		}
	}
	if i == 0 || i == len(s) || b.err < 1e-6 {
		return b, b, false
	}
	return measure(s[:i]), measure(s[i:]), true
}

// settle is one round of k-means.
func settle(all []spot, p [][3]float64) {
	sum, n := make([][3]float64, len(p)), make([]float64, len(p))
	for _, s := range all {
		i := nearest(p, s.c)
		n[i] += s.n
		for k := range 3 {
			sum[i][k] += s.n * s.c[k]
		}
	}
	for i := range p {
		for k := range 3 {
			if n[i] > 0 {
				p[i][k] = sum[i][k] / n[i]
			}
		}
	}
}

func nearest(p [][3]float64, c [3]float64) int {
	best, at := 1e18, 0
	for i, q := range p {
		r, g, b := q[0]-c[0], q[1]-c[1], q[2]-c[2]
		if d := 2*r*r + 4*g*g + 3*b*b; d < best { // the eye is keenest on green
			best, at = d, i
		}
	}
	return at
}

// A mix is how a colour is made of two of the palette: b where the threshold of
// the pixel is below part, else a. It depends on colour and place alone, so that
// what stands still does not flicker.
type mix struct {
	a, b uint8
	part uint8
	set  bool
}

type ditherer struct {
	palette [][3]float64
	mixes   [1 << 18]mix // by the upper six bits of each part
}

func (d *ditherer) index(r, g, b byte, x, y int) uint8 {
	m := &d.mixes[int(r)>>2<<12|int(g)>>2<<6|int(b)>>2]
	if !m.set {
		*m = d.mix([3]float64{centre(r), centre(g), centre(b)})
	}
	if bayer[y&7][x&7] < m.part {
		return m.b
	}
	return m.a
}

// centre is the middle of the colours that share the upper six bits of v.
func centre(v byte) float64 { return float64(v&^3) + 1.5 }

func (d *ditherer) mix(c [3]float64) mix {
	a := nearest(d.palette, c)
	var beyond [3]float64
	var off float64
	for k := range 3 {
		e := c[k] - d.palette[a][k]
		beyond[k] = c[k] + e
		off += e * e
	}
	if off < 12 { // as good as met: flat areas stay flat
		return mix{uint8(a), uint8(a), 0, true}
	}
	b := nearest(d.palette, beyond)
	var dot, length float64
	for k := range 3 {
		e := d.palette[b][k] - d.palette[a][k]
		dot += e * (c[k] - d.palette[a][k])
		length += e * e
	}
	if length == 0 {
		return mix{uint8(a), uint8(a), 0, true}
	}
	return mix{uint8(a), uint8(b), uint8(64 * min(max(dot/length, 0), 0.5)), true}
}

// bayer spreads the thresholds 0 … 63 evenly over 8×8 pixels.
var bayer = func() (m [8][8]uint8) {
	for y := range 8 {
		for x := range 8 {
			v := 0
			for bit := range 3 {
				v = v<<2 | (x>>bit&1^y>>bit&1)<<1 | y>>bit&1
			}
			m[y][x] = uint8(v)
		}
	}
	return m
}()
