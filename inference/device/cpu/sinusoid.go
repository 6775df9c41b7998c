package cpu

import "math"

func sinusoid(c *call) {
	t, out := c.f(0), c.o()
	dim := c.n.Shape[1]
	half := dim / 2
	for i, v := range t {
		for j := range half {
			a := float64(v) * math.Pow(10000, -float64(j)/float64(half))
			out[i*dim+j], out[i*dim+half+j] = float32(math.Cos(a)), float32(math.Sin(a))
		}
	}
}
