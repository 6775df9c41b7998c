package cpu

import (
	"kinora/inference/device/cpu/simd"
	"kinora/inference/graph"
)

func modulate(c *call) {
	a := c.n.Attr.(graph.ModulateAttr)
	simd.Modulate(c.p.pool, c.o(), c.f(0), c.n.Shape[1], c.rows(1, a.Scale), c.rows(1, a.Shift))
}

// rows is vector v of the modulation table that input i is.
func (c *call) rows(i, v int) simd.Rows {
	t := c.n.In[i].Shape
	return simd.Rows{Data: c.f(i)[v*t[2]:], Every: c.n.Shape[0] / t[0], Stride: t[1] * t[2]}
}
