package cpu

import (
	"kinora/inference/device/cpu/simd"
	"kinora/inference/graph"
)

func gate(c *call) {
	v := c.n.Attr.(graph.GateAttr).Vector
	simd.MulAdd(c.p.pool, c.o(), c.f(0), c.f(1), c.n.Shape[1], c.rows(2, v))
}
