package cpu

import "kinora/inference/graph"

// dupUp: output (t, y, x, o) is input channel j/repeats of slot
// j = ((o·ft + t%ft)·f + y%f)·f + x%f at (t/ft, y/f, x/f).
func dupUp(c *call) { addDup(c, nil, 0) }

func addDupUp(c *call) { addDup(c, c.f(0), 1) }

// addDup is what input number `from` is repeated to, plus to, where it is not nil; to may
// be the output.
func addDup(c *call, to []float32, from int) {
	a := c.n.Attr.(graph.ResampleAttr)
	in, out := c.f(from), c.o()
	xs, os := c.shape(from), c.n.Shape
	ch, co := xs[3], os[3]
	repeats := co * a.Time * a.Space * a.Space / ch
	c.each(os[0]*os[1], func(i int) {
		t, y := i/os[1]+a.Skip, i%os[1]
		for x := range os[2] {
			src := in[((t/a.Time*xs[1]+y/a.Space)*xs[2]+x/a.Space)*ch:]
			dst := out[(i*os[2]+x)*co : (i*os[2]+x+1)*co]
			for o := range dst {
				j := ((o*a.Time+t%a.Time)*a.Space+y%a.Space)*a.Space + x%a.Space
				v := src[j/repeats]
				if to != nil {
					v += to[(i*os[2]+x)*co+o]
				}
				dst[o] = v
			}
		}
	})
}

// avgDown: output channel o at (t, y, x) is the mean of slots o·g … o·g+g−1,
// slot j being input channel j/(ft·f·f) at the place its remainder names.
func avgDown(c *call) {
	a := c.n.Attr.(graph.ResampleAttr)
	in, out := c.f(0), c.o()
	xs, os := c.shape(0), c.n.Shape
	ch, co := xs[3], os[3]
	slots := a.Time * a.Space * a.Space
	g := ch * slots / co
	c.each(os[0]*os[1], func(i int) {
		t, y := i/os[1], i%os[1]
		for x := range os[2] {
			dst := out[(i*os[2]+x)*co : (i*os[2]+x+1)*co]
			for o := range dst {
				var sum float64
				for j := o * g; j < o*g+g; j++ {
					r := j % slots
					ti := t*a.Time + r/(a.Space*a.Space) - a.Skip
					if ti < 0 {
						continue // a frame of zeros
					}
					yi, xi := y*a.Space+r/a.Space%a.Space, x*a.Space+r%a.Space
					sum += float64(in[((ti*xs[1]+yi)*xs[2]+xi)*ch+j/slots])
				}
				dst[o] = float32(sum / float64(g))
			}
		}
	})
}
