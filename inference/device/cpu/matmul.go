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
		W: simd.Weights{N: n, K: k, DType: w.DType, Data: c.in[1]},
	}
	bias, scale := c.n.BiasAndScale()
	act := acts[c.n.Attr.(graph.MatMulAttr).Act]
	if scale == 0 {
		if m.Act = act; bias > 0 {
			m.Bias = c.f(bias)
		}
		m.Do(c.p.pool)
		return
	}
	m.Do(c.p.pool)
	simd.Mul(c.p.pool, m.C, m.C, c.f(scale))
	if bias > 0 {
		simd.Add(c.p.pool, m.C, m.C, c.f(bias))
	}
	if act != acts[graph.NoAct] {
		act.Do(c.p.pool, m.C, m.C)
	}
}
