package cpu

import (
	"math"

	"kinora/inference/device/cpu/simd"
	"kinora/inference/graph"
)

func attention(c *call) {
	a := c.n.Attr.(graph.AttentionAttr)
	q, k, width := c.shape(0)[0], c.shape(1)[0], c.n.Shape[1]
	s := simd.Attention{
		Q: c.operand(0), K: c.operand(1), V: c.operand(2), Out: c.o(),
		QRow: width, KRow: width, VRow: width, OutRow: width,
		Heads: a.Heads, Dim: width / a.Heads, Queries: q, Keys: k, Scale: a.Scale,
	}
	if len(c.in) > 3 {
		s.Bias = c.f(3)
	}
	if a.Repeats > 1 {
		s.Extra = float32(math.Log(float64(a.Repeats)))
	}
	window := a.Window
	if window < 0 {
		window = a.Frames
	}
	switch {
	case a.Span == graph.InFrame:
		s.Blocks = simd.Windowed(a.Frames, q/a.Frames, 0)
	case a.Span == graph.AtPixel:
		s.Blocks = simd.AtPixel(a.Frames, q/a.Frames, window)
	case a.Window >= 0:
		s.Blocks = simd.Windowed(a.Frames, q/a.Frames, window)
	}
	s.Do(c.p.pool)
}
