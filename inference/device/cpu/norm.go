package cpu

import (
	"kinora/inference/device/cpu/simd"
	"kinora/inference/graph"
)

var normKinds = [...]simd.NormKind{graph.LayerNorm: simd.LayerNorm, graph.RMSNorm: simd.RMSNorm, graph.ChannelNorm: simd.ChannelNorm}

func norm(c *call) {
	a := c.n.Attr.(graph.NormAttr)
	n := simd.Norm{Kind: normKinds[a.Kind], Dim: c.n.Shape[len(c.n.Shape)-1], Eps: a.Eps, Act: acts[a.Act]}
	if len(c.in) > 1 {
		n.Weight = c.f(1)
	}
	if len(c.in) > 2 {
		n.Bias = c.f(2)
	}
	n.Do(c.p.pool, c.o(), c.f(0))
}
