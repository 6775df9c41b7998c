package cpu

import (
	"kinora/inference/device/cpu/simd"
	"kinora/inference/tensor"
)

func gather(c *call) {
	t := c.n.In[0]
	rows, dim := t.Shape[0], t.Shape[1]
	out := c.o()
	for i, id := range tensor.View[int32](c.in[1]) {
		to := out[i*dim : (i+1)*dim]
		if id < 0 || int(id) >= rows {
			clear(to)
			continue
		}
		simd.Widen(to, c.in[0][t.DType.Size(int(id)*dim):], t.DType)
	}
}
