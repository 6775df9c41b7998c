package cpu

import (
	"kinora/inference/device/cpu/simd"
	"kinora/inference/graph"
)

func conv3d(c *call) {
	a := c.n.Attr.(graph.Conv3DAttr)
	x, w := c.shape(0), c.n.In[1]
	s := simd.Conv{
		X: c.operand(0), T: x[0], H: x[1], W: x[2], C: x[3], Front: w.Shape[2] - 1,
		Weights: c.packed(1, simd.ConvWeights{
			O: w.Shape[0], C: w.Shape[1], KT: w.Shape[2], KH: w.Shape[3], KW: w.Shape[4], DType: w.DType, Data: c.in[1],
		}, a.Up),
		Stride: a.Stride, Pad: a.Pad, Up: a.Up, Y: c.o(),
	}
	next := 2
	if a.Bias {
		s.Bias = c.f(next)
		next++
	}
	if a.Cached {
		s.Cache, s.Front = c.operand(next), c.shape(next)[0]
	}
	s.Do(c.p.pool)
}

// packed returns the weights of input i in the order the kernels want. A weight
// that stays is packed once for all programs that share it.
func (c *call) packed(i int, w simd.ConvWeights, up bool) *simd.PackedConv {
	name, stays := c.weight(i)
	if !stays {
		return simd.PackConv(c.p.pool, w, up)
	}
	p, ok := c.p.shared.packs[name]
	if !ok {
		p = simd.PackConv(c.p.pool, w, up)
		c.p.shared.packs[name] = p
	}
	return p
}
