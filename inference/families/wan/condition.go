package wan

import (
	"kinora/inference/graph"
)

// Condition draws what no step changes: the text is padded with rows of zeros, goes
// through the text embedding, and becomes the keys and values of every block's cross
// attention, [2·blocks, keys, dim]. The reference pads to the text length and attends to
// the padding, whose rows are all alike: where there are fewer keys, the last, which must
// then be padding, counts for all the rest of it, which is the same.
func (m *Wan) Condition(s *graph.Scope, text *graph.Node, keys int) *graph.Node {
	c := m.Context(s, text, keys)
	var parts []*graph.Node
	for i := range m.traits.Layers {
		k, v := m.remember(s.At("blocks", i, "cross_attn"), c)
		parts = append(parts, k, v)
	}
	return graph.Join(parts...).View(2*m.traits.Layers, c.Shape[0], m.dim)
}

// Context implements model.Frugal: the text embedding alone, [keys, dim].
func (m *Wan) Context(s *graph.Scope, text *graph.Node, keys int) *graph.Node {
	keys = min(max(keys, text.Shape[0]+1), m.cfg.TextLen)
	if pad := keys - text.Shape[0]; pad > 0 {
		text = graph.Join(text, s.Const(make([]float32, pad*m.textDim), pad, m.textDim))
	}
	e := s.At("text_embedding")
	return s.Tap("text_embedding", linear(e, "2", linear(e, "0", text, graph.GELU), graph.NoAct))
}

// remember draws a block's keys and values of the embedded text.
func (m *Wan) remember(s *graph.Scope, c *graph.Node) (k, v *graph.Node) {
	k = m.normed(s, "norm_k.weight", linear(s, "k", c, graph.NoAct))
	return k, linear(s, "v", c, graph.NoAct)
}

// remembered returns a block's keys and values, and how often the last of them counts: out
// of the condition, or, where that is the embedded text alone, worked out here.
func (d *denoiser) remembered(s *graph.Scope, block int, condition *graph.Node) (k, v *graph.Node, last int) {
	if len(condition.Shape) == 2 {
		k, v = d.remember(s, condition)
		return k, v, d.cfg.TextLen - condition.Shape[0] + 1
	}
	n := condition.Shape[1]
	rows := condition.View(condition.Shape[0]*n, d.dim)
	return rows.Slice(2*block*n, (2*block+1)*n), rows.Slice((2*block+1)*n, (2*block+2)*n), d.cfg.TextLen - n + 1
}
