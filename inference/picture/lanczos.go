package picture

import (
	"math"

	"kinora/inference"
)

// Lanczos resizes p to w × h with the Lanczos filter of three lobes, bit for bit
// as Pillow does for 8-bit pictures: rows first, then columns, each pass rounded
// to 8 bits, coefficients in fixed point. Source: libImaging/Resample.c.
func Lanczos(p *inference.Picture, w, h int) *inference.Picture {
	if w != p.Width {
		p = across(p, w)
	}
	if h != p.Height {
		p = down(p, h)
	}
	return p
}

const (
	lobes = 3
	bits  = 32 - 8 - 2
)

// A taps is the weighted run of source pixels behind one result.
type taps struct {
	first   int
	weights []int32
}

// filter computes the taps for every one of n results out of m sources.
func filter(m, n int) []taps {
	scale := float64(m) / float64(n)
	stretch := math.Max(scale, 1)
	support := lobes * stretch
	out := make([]taps, n)
	for i := range out {
		center := (float64(i) + 0.5) * scale
		lo := max(0, int(center-support+0.5))
		hi := min(m, int(center+support+0.5))
		w := make([]float64, hi-lo)
		var sum float64
		for j := range w {
			w[j] = lanczos((float64(j+lo) - center + 0.5) * (1 / stretch))
			sum += w[j]
		}
		t := taps{lo, make([]int32, len(w))}
		for j := range w {
			v := w[j]
			if sum != 0 {
				v /= sum
			}
			t.weights[j] = int32(math.Trunc(v*(1<<bits) + math.Copysign(0.5, v)))
		}
		out[i] = t
	}
	return out
}

func lanczos(x float64) float64 {
	if x < -lobes || x >= lobes {
		return 0
	}
	return sinc(x) * sinc(x/lobes)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}

func across(p *inference.Picture, w int) *inference.Picture {
	out := &inference.Picture{Width: w, Height: p.Height, Pix: make([]byte, 3*w*p.Height)}
	fs := filter(p.Width, w)
	for y := range p.Height {
		row := p.Pix[3*y*p.Width:]
		for x, f := range fs {
			weigh(out.Pix[3*(y*w+x):], row[3*f.first:], 3, f.weights)
		}
	}
	return out
}

func down(p *inference.Picture, h int) *inference.Picture {
	out := &inference.Picture{Width: p.Width, Height: h, Pix: make([]byte, 3*p.Width*h)}
	for y, f := range filter(p.Height, h) {
		for x := range p.Width {
			weigh(out.Pix[3*(y*p.Width+x):], p.Pix[3*(f.first*p.Width+x):], 3*p.Width, f.weights)
		}
	}
	return out
}

// weigh sums one pixel's three colours over sources that are step bytes apart.
func weigh(to, from []byte, step int, weights []int32) {
	var r, g, b int64 = 1 << (bits - 1), 1 << (bits - 1), 1 << (bits - 1)
	for i, k := range weights {
		px := from[i*step : i*step+3]
		r, g, b = r+int64(k)*int64(px[0]), g+int64(k)*int64(px[1]), b+int64(k)*int64(px[2])
	}
	to[0], to[1], to[2] = clip(r>>bits), clip(g>>bits), clip(b>>bits)
}

func clip(v int64) byte { return byte(max(0, min(255, v))) }
