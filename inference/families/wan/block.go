package wan

import (
	"math"

	"kinora/inference/graph"
)

// A denoiser is what all blocks of one drawing share.
type denoiser struct {
	*Wan
	grid       [3]int // tokens by frame, row, column
	e          *graph.Node
	conditions []*graph.Node // one for each clip of the batch
	cos, sin   *graph.Node
	window     int
}

// only returns the rows of h that belong to clip i of the batch.
func (d *denoiser) only(h *graph.Node, i int) *graph.Node {
	if len(d.conditions) == 1 {
		return h
	}
	n := h.Shape[0] / len(d.conditions)
	return h.Slice(i*n, (i+1)*n)
}

// each draws something for every clip of the batch, and joins what comes out.
func (d *denoiser) each(draw func(i int) *graph.Node) *graph.Node {
	if len(d.conditions) == 1 {
		return draw(0)
	}
	parts := make([]*graph.Node, len(d.conditions))
	for i := range parts {
		parts[i] = draw(i)
	}
	return graph.Join(parts...)
}

// block draws one transformer block: attention over the clip, cross attention to
// the text, feed-forward. In a separable model the first is attention inside each
// frame, then attention along time at each pixel.
func (d *denoiser) block(s *graph.Scope, i int, h *graph.Node) *graph.Node {
	table := d.e.Add(s.Param("modulation", d.vectors(), d.dim))
	if d.separable {
		h = d.attend(s, "self_attn", h, table, 0, graph.AttentionAttr{Span: graph.InFrame, Window: -1})
		w := *d.cfg.Window
		if d.window > 0 {
			w = d.window
		}
		h = d.attend(s, "temporal_attn", h, table, 3, graph.AttentionAttr{Span: graph.AtPixel, Window: w})
	} else {
		w := -1
		if d.window > 0 {
			w = d.window
		}
		h = d.attend(s, "self_attn", h, table, 0, graph.AttentionAttr{Window: w})
	}
	h = d.cross(s, i, h)
	at := d.vectors() - 3
	f := s.Tap("ffn_in", h.NormModulate(d.cfg.Eps, table, at, at+1))
	l := s.At("ffn")
	f = s.Tap("ffn_out", linear(l, "2", linear(l, "0", f, graph.GELU), graph.NoAct))
	return s.Tap("out", h.Gate(f, table, at+2))
}

// attend draws h + gate·attention(modulate(norm(h))), with the modulation vectors
// from at on.
func (d *denoiser) attend(s *graph.Scope, name string, h, table *graph.Node, at int, a graph.AttentionAttr) *graph.Node {
	x := s.Tap(name+"_in", h.NormModulate(d.cfg.Eps, table, at, at+1))
	l := s.At(name)
	// Queries are done with before keys are begun: rotated, devices keep them in 16 bits.
	q := l.Tap("q_normed", d.normed(l, "norm_q.weight", linear(l, "q", x, graph.NoAct)))
	q = l.Tap("q_rope", q.RoPE(d.cfg.Heads, d.cos, d.sin))
	k := l.Tap("k_normed", d.normed(l, "norm_k.weight", linear(l, "k", x, graph.NoAct)))
	k = l.Tap("k_rope", k.RoPE(d.cfg.Heads, d.cos, d.sin))
	a.Heads, a.Scale = d.cfg.Heads, d.scale()
	y := d.look(q, k, linear(l, "v", x, graph.NoAct), a)
	y = s.Tap(name+"_out", linear(l, "o", y, graph.NoAct))
	return s.Tap("after_"+name, h.Gate(y, table, at+2))
}

// look is attention of every clip of the batch to itself. Where each frame sees
// itself alone, or each clip all of itself, the batch is but more of them.
func (d *denoiser) look(q, k, v *graph.Node, a graph.AttentionAttr) *graph.Node {
	a.Frames = d.grid[0]
	n := len(d.conditions)
	switch {
	case n == 1:
		return q.Attend(k, v, nil, a)
	case a.Span == graph.InFrame:
		a.Frames *= n
		return q.Attend(k, v, nil, a)
	case a.Span == graph.Everywhere && a.Window < 0:
		a.Span, a.Frames = graph.InFrame, n
		return q.Attend(k, v, nil, a)
	}
	return d.each(func(i int) *graph.Node { return d.only(q, i).Attend(d.only(k, i), d.only(v, i), nil, a) })
}

// cross draws h + attention of norm3(h) to the prompt, with neither gate nor
// modulation nor rotation.
func (d *denoiser) cross(s *graph.Scope, i int, h *graph.Node) *graph.Node {
	x := h
	if s.Has("norm3.weight") {
		n := s.At("norm3")
		x = h.Normalise(graph.NormAttr{Kind: graph.LayerNorm, Eps: d.cfg.Eps}, n.Weight("weight", d.dim), n.Weight("bias", d.dim))
	}
	s.Tap("cross_attn_in", x)
	l := s.At("cross_attn")
	q := linear(l, "q", x, graph.NoAct)
	y := d.each(func(clip int) *graph.Node {
		q := d.normed(l, "norm_q.weight", d.only(q, clip))
		k, v, last := d.remembered(l, i, d.conditions[clip])
		return q.Attend(k, v, nil, graph.AttentionAttr{Heads: d.cfg.Heads, Scale: d.scale(), Window: -1, Repeats: last})
	})
	return s.Tap("after_cross_attn", h.Add(s.Tap("cross_attn_out", linear(l, "o", y, graph.NoAct))))
}

// normed is the RMS norm of queries or keys over all heads together; a model whose
// metadata says so goes without.
func (m *Wan) normed(s *graph.Scope, weight string, x *graph.Node) *graph.Node {
	if m.cfg.QKNorm != nil && !*m.cfg.QKNorm {
		return x
	}
	return rms(s, weight, x, m.cfg.Eps)
}

func (d *denoiser) scale() float32 { return float32(1 / math.Sqrt(float64(d.dim/d.cfg.Heads))) }
