package cpu

import "kinora/inference/tensor"

func mix(c *call) {
	k, out := tensor.View[float64](c.in[0]), c.o()
	const chunk = 4096
	c.each((len(out)+chunk-1)/chunk, func(i int) {
		lo, hi := i*chunk, min(len(out), (i+1)*chunk)
		for e := lo; e < hi; e++ {
			var sum float64
			for j, w := range k {
				sum += w * float64(c.f(j + 1)[e])
			}
			out[e] = float32(sum)
		}
	})
}
