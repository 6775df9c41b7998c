package wan

import (
	"math"
	"slices"

	"kinora/inference/graph"
)

// Denoise draws the diffusion transformer (wan/modules/model.py). Several conditions
// are a batch: their tokens lie below each other, so that every weight is read once.
func (m *Wan) Denoise(s *graph.Scope, x, t *graph.Node, conditions []*graph.Node, window int) []*graph.Node {
	h, grid := m.patchify(s, x)
	e, table := m.timed(s, t)
	n := len(conditions)
	d := &denoiser{Wan: m, grid: grid, e: table, conditions: conditions, window: window}
	d.cos, d.sin = d.angles(s, 1)
	h = d.place(s.At("position_embedding"), h)
	if n > 1 {
		d.cos, d.sin = d.angles(s, n)
		h = repeat(h, n)
		if e.Shape[0] > 1 { // a timestep for each frame
			e, d.e = repeat(e, n), repeat(d.e, n)
		}
	}
	for i := range m.traits.Layers {
		h = d.block(s.At("blocks", i), i, h)
	}
	h = s.Tap("head_out", m.head(s.At("head"), h, e))
	out := make([]*graph.Node, n)
	for i := range out {
		out[i] = m.unpatchify(d.only(h, i), grid)
	}
	s.Tap("out", out[0])
	return out
}

// repeat lays n copies of x below each other.
func repeat(x *graph.Node, n int) *graph.Node {
	parts := make([]*graph.Node, n)
	for i := range parts {
		parts[i] = x
	}
	return graph.Join(parts...)
}

// patchify turns a latent [F,H,W,C] into tokens [F'·H'·W', dim] and tells the grid.
func (m *Wan) patchify(s *graph.Scope, x *graph.Node) (*graph.Node, [3]int) {
	p, c := m.traits.Patch, m.traits.Channels
	g := [3]int{x.Shape[0] / p[0], x.Shape[1] / p[1], x.Shape[2] / p[2]}
	x = x.View(g[0], p[0], g[1], p[1], g[2], p[2], c).Permute(0, 2, 4, 6, 1, 3, 5)
	k := c * p[0] * p[1] * p[2]
	l := s.At("patch_embedding")
	w := l.Param("weight", m.dim, k)
	h := adapted(l, x.View(g[0]*g[1]*g[2], k), w, graph.NoAct)
	return s.Tap("patch_embedding", h), g
}

// time embeds the timesteps: e [groups, dim] for the head, and the modulation
// [groups, vectors, dim] that the blocks add their own to.
func (m *Wan) time(s *graph.Scope, t *graph.Node) (e, table *graph.Node) {
	l := s.At("time_embedding")
	e = linear(l, "0", s.Tap("time_sinusoid", t.Sinusoid(m.freq)), graph.SiLU)
	e = s.Tap("time_embedding", linear(l, "2", e, graph.NoAct))
	table = linear(s.At("time_projection"), "1", e.SiLU(), graph.NoAct)
	groups := t.Shape.Len()
	return e, s.Tap("time_projection", table.View(groups, m.vectors(), m.dim))
}

// Times implements model.Timed: for each timestep e, and then its modulation.
func (m *Wan) Times(s *graph.Scope, t *graph.Node) *graph.Node {
	e, table := m.time(s, t)
	n, v := t.Shape.Len(), m.vectors()
	all := graph.Join(e.View(1, n, m.dim), table.Permute(1, 0, 2))
	return all.Permute(1, 0, 2).View(n, (1+v)*m.dim)
}

// timed is time, or what Times has made of it.
func (m *Wan) timed(s *graph.Scope, t *graph.Node) (e, table *graph.Node) {
	if len(t.Shape) == 1 {
		return m.time(s, t)
	}
	n, v := t.Shape[0], m.vectors()
	if n == 1 {
		rows := t.View(1+v, m.dim)
		return rows.Slice(0, 1), rows.Slice(1, 1+v).View(1, v, m.dim)
	}
	rows := t.View(n, 1+v, m.dim).Permute(1, 0, 2)
	return rows.Slice(0, 1).View(n, m.dim), rows.Slice(1, 1+v).Permute(1, 0, 2)
}

// vectors is how many modulation vectors a block has: shift, scale and gate for
// self-attention and feed-forward, and once more for temporal attention.
func (m *Wan) vectors() int {
	if m.separable {
		return 9
	}
	return 6
}

// head is modulated by the time embedding itself, not its projection.
func (m *Wan) head(s *graph.Scope, h, e *graph.Node) *graph.Node {
	groups := e.Shape[0]
	table := graph.Join(e, e).View(2, groups, m.dim).Permute(1, 0, 2)
	table = table.Add(s.Param("modulation", 2, m.dim))
	return linear(s, "head", h.NormModulate(m.cfg.Eps, table, 0, 1), graph.NoAct)
}

// unpatchify turns tokens [F'·H'·W', pt·ph·pw·C] back into a latent.
func (m *Wan) unpatchify(h *graph.Node, g [3]int) *graph.Node {
	p, c := m.traits.Patch, m.traits.Channels
	h = h.View(g[0], g[1], g[2], p[0], p[1], p[2], c).Permute(0, 3, 1, 4, 2, 5, 6)
	return h.View(g[0]*p[0], g[1]*p[1], g[2]*p[2], c)
}

// place tells every token where it is, if the model was trained so: rotation alone
// tells only how far apart tokens are, and a small model cannot find out the rest.
func (d *denoiser) place(s *graph.Scope, h *graph.Node) *graph.Node {
	if !s.Has("cos.weight") {
		return h
	}
	return h.Add(linear(s, "cos", d.cos, graph.NoAct)).Add(linear(s, "sin", d.sin, graph.NoAct))
}

// angles tabulates the rotary embedding of every token of a batch: the head's pairs
// are cut into frame, row and column parts, each with a frequency ladder of its own.
func (d *denoiser) angles(s *graph.Scope, batch int) (cos, sin *graph.Node) {
	pairs := d.dim / d.cfg.Heads / 2
	part := axisPairs(pairs)
	n := d.grid[0] * d.grid[1] * d.grid[2]
	// One ladder for each place along each axis; tokens only look up.
	var ladder [3][]float32
	for axis, k := range part {
		for at := range d.grid[axis] {
			for j := range k {
				a := angle(at, j, k)
				ladder[axis] = append(ladder[axis], float32(math.Cos(a)), float32(math.Sin(a)))
			}
		}
	}
	co, si := make([]float32, 0, n*pairs), make([]float32, 0, n*pairs)
	for i := range n {
		at := [3]int{i / (d.grid[1] * d.grid[2]), i / d.grid[2] % d.grid[1], i % d.grid[2]}
		for axis, k := range part {
			for j := at[axis] * k; j < (at[axis]+1)*k; j++ {
				co, si = append(co, ladder[axis][2*j]), append(si, ladder[axis][2*j+1])
			}
		}
	}
	return s.Const(slices.Repeat(co, batch), batch*n, pairs), s.Const(slices.Repeat(si, batch), batch*n, pairs)
}

// axisPairs cuts a head's pairs into those for frame, row and column.
func axisPairs(pairs int) [3]int { return [3]int{pairs - 2*(pairs/3), pairs / 3, pairs / 3} }

// angle is how far pair j of k turns at a position.
func angle(position, j, k int) float64 {
	return float64(position) * math.Pow(10000, -float64(j)/float64(k))
}
