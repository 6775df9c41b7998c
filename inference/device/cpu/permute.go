package cpu

import (
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// grain is how many elements are worth a thread's while.
const grain = 1 << 13

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
	chunk := max(1, grain/(inner*run))
	c.each((outer+chunk-1)/chunk, func(k int) {
		at, off := make([]int, max(0, last)), 0 // where along order[:last]
		for d, r := last-1, k*chunk; d >= 0; d-- {
			n := in[order[d]]
			at[d] = r % n
			off += at[d] * stride[order[d]]
			r /= n
		}
		for i := k * chunk; i < min(outer, (k+1)*chunk); i++ {
			out := dst[i*inner*run : (i+1)*inner*run]
			if run == 1 {
				for j := range out {
					out[j] = src[off+j*step]
				}
			} else {
				for j := range inner {
					copy(out[j*run:(j+1)*run], src[off+j*step:])
				}
			}
			for d := last - 1; d >= 0; d-- {
				s := stride[order[d]]
				if at[d]++; at[d] < in[order[d]] {
					off += s
					break
				}
				off -= (at[d] - 1) * s
				at[d] = 0
			}
		}
	})
}
