package cpu

import (
	"kinora/inference/device/cpu/simd"
	"kinora/inference/graph"
)

func rope(c *call) {
	heads := c.n.Attr.(graph.RoPEAttr).Heads
	simd.RoPE(c.p.pool, c.o(), c.f(0), c.f(1), c.f(2), c.n.Shape[0], heads, c.n.Shape[1]/heads)
}
