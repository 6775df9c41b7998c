package wan

import (
	"kinora/inference/graph"
)

// Condition draws what no step changes: the text is padded with rows of zeros to
// the text length, goes through the text embedding, and becomes the keys and
// values of every block's cross attention, [blocks·2·text length, dim]. The
// padding is attended to, as in the reference.
func (m *Wan) Condition(s *graph.Scope, text *graph.Node) *graph.Node {
	if pad := m.cfg.TextLen - text.Shape[0]; pad > 0 {
		text = graph.Join(text, s.Const(make([]float32, pad*m.textDim), pad, m.textDim))
	}
	e := s.At("text_embedding")
	c := s.Tap("text_embedding", linear(e, "2", linear(e, "0", text, graph.GELU), graph.NoAct))
	var parts []*graph.Node
	for i := range m.traits.Layers {
		b := s.At("blocks", i, "cross_attn")
		k := rms(b, "norm_k.weight", linear(b, "k", c, graph.NoAct), m.cfg.Eps)
		parts = append(parts, k, linear(b, "v", c, graph.NoAct))
	}
	return graph.Join(parts...)
}
