package ui

import (
	"math"

	"kinora/inference"
)

// film is the clip of a request: a disc that crosses the picture.
func film(r inference.Request) *inference.Clip {
	c := &inference.Clip{Width: r.Width, Height: r.Height, FPS: max(r.FPS, 1)}
	for i := range r.Frames {
		c.Frames = append(c.Frames, disc(r.Width, r.Height, float64(i)/float64(r.Frames)+float64(r.Seed%7)/50))
	}
	return c
}

func disc(w, h int, at float64) []byte {
	pix := make([]byte, 3*w*h)
	for i := range w * h {
		x, y := float64(i%w), float64(i/w)
		p := pix[3*i:]
		p[0], p[1], p[2] = 210, uint8(225-y/float64(h)*60), uint8(235-y/float64(h)*20)
		if math.Hypot(x-at*float64(w), y-float64(h)*(.5+.2*math.Sin(at*9))) < float64(h)/6 {
			p[0], p[1], p[2] = 226, 78, 62
		}
	}
	return pix
}
