package cpu

import (
	"kinora/inference/device/cpu/simd"
	"kinora/inference/graph"
)

// acts gives the kernels' word for an activation.
var acts = [...]simd.Act{graph.NoAct: simd.NoAct, graph.SiLU: simd.SiLU, graph.GELU: simd.GELU}

func act(c *call) { acts[c.n.Attr.(graph.ActKind)].Do(c.p.pool, c.o(), c.f(0)) }
