package cpu

import (
	"kinora/inference/device/cpu/simd"
	"kinora/inference/graph"
)

func matmul(c *call) {
	w := c.n.In[1]
	n, k := w.Shape[0], w.Shape[1]
	m := simd.Matmul{
		A: c.operand(0), M: c.n.Shape.Len() / n, LDA: k, C: c.o(), LDC: n,
		W:   simd.Weights{N: n, K: k, DType: w.DType, Data: c.in[1]},
		Act: acts[c.n.Attr.(graph.MatMulAttr).Act],
	}
	if len(c.in) > 2 {
		m.Bias = c.f(2)
	}
	m.Do(c.p.pool)
}
