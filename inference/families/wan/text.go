package wan

import (
	"kinora/inference/graph"
)

// textEps is the eps of T5LayerNorm, also where the denoiser has another.
const textEps = 1e-6

// Text draws the UMT5 encoder (wan/modules/t5.py): no scaling of logits, a
// position table in every block, gated GELU. ids are the real tokens only; the
// reference runs it over padding too and then cuts that off, which is the same.
func (m *Wan) Text(s *graph.Scope, ids *graph.Node) *graph.Node {
	vocab := s.Shape("token_embedding.weight")
	x := s.Weight("token_embedding.weight", vocab...).Gather(ids)
	if s.Has("token_embedding.scale_weight") {
		x = x.Mul(s.Weight("token_embedding.scale_weight", 1))
	}
	s.Tap("embedding", x)
	buckets := s.ConstInts(positionBuckets(ids.Shape.Len(), m.cfg.NumBuckets), ids.Shape.Len()*ids.Shape.Len())
	for i := range layers(m.parts.Text, "blocks.") {
		x = m.textBlock(s.At("blocks", i), x, buckets)
	}
	return s.Tap("out", rms(s, "norm.weight", x, textEps))
}

func (m *Wan) textBlock(s *graph.Scope, x, buckets *graph.Node) *graph.Node {
	n, heads := x.Shape[0], m.cfg.TextHeads
	h := s.Tap("norm1", rms(s, "norm1.weight", x, textEps))
	a := s.At("attn")
	q, k, v := linear(a, "q", h, graph.NoAct), linear(a, "k", h, graph.NoAct), linear(a, "v", h, graph.NoAct)
	table := s.Weight("pos_embedding.embedding.weight", m.cfg.NumBuckets, heads)
	bias := s.Tap("pos_bias", table.Gather(buckets).View(n, n, heads).Permute(2, 0, 1))
	y := q.Attend(k, v, bias, graph.AttentionAttr{Heads: heads, Scale: 1, Window: -1})
	x = x.Add(s.Tap("attn_out", linear(a, "o", y, graph.NoAct)))
	f := s.At("ffn")
	h = rms(s, "norm2.weight", x, textEps)
	h = linear(f, "fc1", h, graph.NoAct).Mul(linear(f, "gate.0", h, graph.GELU))
	return s.Tap("out", x.Add(s.Tap("ffn_out", linear(f, "fc2", h, graph.NoAct))))
}

// positionBuckets returns, for every query and key of n, the row of the position
// table: T5's bidirectional buckets with a longest distance of 128.
func positionBuckets(n, buckets int) []int32 {
	out := make([]int32, 0, n*n)
	for q := range n {
		for k := range n {
			out = append(out, int32(bucket(k-q, buckets)))
		}
	}
	return out
}
