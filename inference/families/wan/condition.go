package wan

import (
	"kinora/inference/graph"
)

// Condition draws what no step changes: the text is padded with rows of zeros to
// the text length, goes through the text embedding, and becomes the keys and
// values of every block's cross attention, [blocks·2·text length, dim]. The
// padding is attended to, as in the reference.
func (m *Wan) Condition(s *graph.Scope, text *graph.Node) *graph.Node {
	c := m.Context(s, text)
	var parts []*graph.Node
	for i := range m.traits.Layers {
		k, v := m.remember(s.At("blocks", i, "cross_attn"), c)
		parts = append(parts, k, v)
	}
	return graph.Join(parts...)
}

// Context implements model.Frugal: the text embedding alone, [text length, dim].
func (m *Wan) Context(s *graph.Scope, text *graph.Node) *graph.Node {
	if pad := m.cfg.TextLen - text.Shape[0]; pad > 0 {
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

// remembered returns a block's keys and values: out of the condition, or, where
// that is the embedded text alone, worked out here.
func (d *denoiser) remembered(s *graph.Scope, block int, condition *graph.Node) (k, v *graph.Node) {
	n := d.cfg.TextLen
	if condition.Shape[0] == n {
		return d.remember(s, condition)
	}
	return condition.Slice(2*block*n, (2*block+1)*n), condition.Slice((2*block+1)*n, (2*block+2)*n)
}
