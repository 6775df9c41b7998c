// Package picture brings a still picture to the size a clip starts from, as the
// reference does with Pillow: the same output size, the same 8-bit Lanczos, the
// same crop. It reads no files.
package picture

import (
	"fmt"
	"math"

	"kinora/inference"
)

// BestSize returns the output size for a picture of w × h: multiples of step,
// about area pixels, with the picture's aspect ratio. Source: best_output_size in
// the reference's wan/utils/utils.py.
func BestSize(w, h, step, area int) (int, int) {
	ratio := float64(w) / float64(h)
	ow := math.Sqrt(float64(area) * ratio)
	oh := float64(area) / ow
	floor := func(v float64) int { return max(1, int(math.Floor(v/float64(step)))) * step }
	cut := func(v int) int { return max(1, v/step) * step }
	// Width rounded down first, then the height that the area leaves; and the
	// other way round.
	w1 := floor(ow)
	h1 := cut(int(math.Floor(float64(area) / float64(w1))))
	h2 := floor(oh)
	w2 := cut(int(math.Floor(float64(area) / float64(h2))))
	far := func(w, h int) float64 {
		r := float64(w) / float64(h)
		return math.Max(ratio/r, r/ratio)
	}
	if far(w1, h1) < far(w2, h2) {
		return w1, h1
	}
	return w2, h2
}

// cover returns the size of a picture of w × h scaled until it covers ow × oh.
func cover(w, h, ow, oh int) (int, int) {
	scale := math.Max(float64(ow)/float64(w), float64(oh)/float64(h))
	return int(math.RoundToEven(float64(w) * scale)), int(math.RoundToEven(float64(h) * scale))
}

// Fit resizes p with Lanczos until it covers w × h, and crops its middle.
func Fit(p *inference.Picture, w, h int) (*inference.Picture, error) {
	if p.Width < 1 || p.Height < 1 || len(p.Pix) != 3*p.Width*p.Height {
		return nil, fmt.Errorf("%w: picture of %d×%d with %d bytes", inference.ErrInvalid, p.Width, p.Height, len(p.Pix))
	}
	rw, rh := cover(p.Width, p.Height, w, h)
	r := Lanczos(p, max(rw, w), max(rh, h))
	x0, y0 := (r.Width-w)/2, (r.Height-h)/2
	out := &inference.Picture{Width: w, Height: h, Pix: make([]byte, 0, 3*w*h)}
	for y := range h {
		row := r.Pix[3*((y0+y)*r.Width+x0):]
		out.Pix = append(out.Pix, row[:3*w]...)
	}
	return out, nil
}
