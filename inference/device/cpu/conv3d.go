package cpu

import (
	"kinora/inference/device/cpu/simd"
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

func conv3d(c *call) {
	a := c.n.Attr.(graph.Conv3DAttr)
	x, w := c.shape(0), c.n.In[1]
	packs, stay := c.packed(1, convWeights(w.Shape, w.DType, c.in[1]), a.Up)
	if !stay {
		defer packs.Free()
	}
	s := simd.Conv{
		X: c.operand(0), T: x[0], H: x[1], W: x[2], C: x[3], Front: w.Shape[2] - 1,
		Weights: packs,
		Stride:  a.Stride, Pad: a.Pad, Up: a.Up, Y: c.o(),
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

func convWeights(s tensor.Shape, d tensor.DType, data []byte) simd.ConvWeights {
	return simd.ConvWeights{O: s[0], C: s[1], KT: s[2], KH: s[3], KW: s[4], DType: d, Data: data}
}

// packed returns the weights of input i in the order the kernels want. A weight
// that stays is packed once for all programs that share it; others are the caller's.
func (c *call) packed(i int, w simd.ConvWeights, up bool) (_ *simd.PackedConv, stay bool) {
	name, stays := c.weight(i)
	if p, ok := c.p.shared.packs[name]; ok && stays {
		return p, true
	}
	p := simd.PackConv(c.p.pool, w, up)
	if !stays {
		c.p.dev.ledger.pass(p.Bytes())
		return p, false
	}
	c.p.shared.packs[name] = p
	c.p.keep(p.Bytes())
	return p, true
}
