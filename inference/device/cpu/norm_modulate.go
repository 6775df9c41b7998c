package cpu

import (
	"kinora/inference/device/cpu/simd"
	"kinora/inference/graph"
)

func normModulate(c *call) {
	a := c.n.Attr.(graph.NormModulateAttr)
	n := simd.Norm{
		Kind: simd.LayerNorm, Dim: c.n.Shape[1], Eps: a.Eps,
		Scale: c.rows(1, a.Scale), Shift: c.rows(1, a.Shift),
	}
	n.Do(c.p.pool, c.o(), c.f(0))
}
