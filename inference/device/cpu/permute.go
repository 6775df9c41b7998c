package cpu

import (
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// permute copies runs that stay together and steps over the rest.
func permute(c *call) {
	order := c.n.Attr.(graph.PermuteAttr).Order
	in := c.n.In[0].Shape
	stride := make([]int, len(in))
	for i, s := len(in)-1, 1; i >= 0; i-- {
		stride[i] = s
		s *= in[i]
	}
	last := len(order) - 1
	run := 1 // elements that are contiguous on both sides
	for last >= 0 && stride[order[last]] == run {
		run *= in[order[last]]
		last--
	}
	outer, inner := 1, 1
	if last >= 0 {
		inner = in[order[last]]
		for _, d := range order[:last] {
			outer *= in[d]
		}
	}
	src, dst := tensor.View[uint32](c.in[0]), tensor.View[uint32](c.out)
	step := run
	if last >= 0 {
		step = stride[order[last]]
	}
	c.each(outer, func(i int) {
		off := 0
		for d, r := last-1, i; d >= 0; d-- {
			off += r % in[order[d]] * stride[order[d]]
			r /= in[order[d]]
		}
		out := dst[i*inner*run : (i+1)*inner*run]
		if run == 1 {
			for j := range out {
				out[j] = src[off+j*step]
			}
			return
		}
		for j := range inner {
			copy(out[j*run:(j+1)*run], src[off+j*step:])
		}
	})
}
