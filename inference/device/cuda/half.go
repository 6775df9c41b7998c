package cuda

import (
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
)

// narrow is what a plan is told of the values that may be stored in 16 bits.
func (d *Device) narrow(g *graph.Graph) map[*graph.Node]tensor.DType {
	out := map[*graph.Node]bool{}
	for _, n := range g.Out {
		r, _ := root(n)
		out[r] = true
	}
	p := &plan.Plan{}
	for _, n := range g.Nodes {
		switch n.Op {
		case graph.View, graph.Weight, graph.Const, graph.Input, graph.State:
			continue
		}
		s := plan.Step{Node: n, Out: plan.Slot{Region: plan.Arena}}
		if out[n] || n.Op == graph.Keep {
			s.Out.Region = plan.IO
		}
		p.Steps = append(p.Steps, s)
	}
	return (&layout{dev: d, plan: p, precision: d.precisionFor(p)}).halves()
}

// halves finds the values that may be stored in 16 bits at once: those that nobody
// reads but products and attention, which would round them to the same 16 bits
// anyway, and the states that keep such values for a convolution's next run. Nothing is
// rounded that was not, so results stay the same to the bit.
func (l *layout) halves() map[*graph.Node]tensor.DType {
	half, not := map[*graph.Node]tensor.DType{}, map[*graph.Node]bool{}
	if l.dev.opt.Wide {
		return half
	}
	made := map[*graph.Node]bool{}
	for _, s := range l.plan.Steps {
		if s.Node == nil {
			continue
		}
		made[s.Node] = true
		if s.Node.Op == graph.Keep {
			continue // below
		}
		for j, in := range s.Node.In {
			r, _ := root(in)
			t, ok := l.reads(s.Node, j)
			if have, twice := half[r]; !ok || r != in || twice && have != t {
				not[r] = true
				continue
			}
			half[r] = t
		}
	}
	for _, s := range l.plan.Steps {
		if n := s.Node; n != nil && n.Op != graph.Keep && (s.Out.Region != plan.Arena || !l.stores(n)) {
			not[n] = true
		}
	}
	l.keeps(half, not, made)
	for n := range half {
		if not[n] || !made[n] {
			delete(half, n)
		}
	}
	return half
}

// keeps settles values that states keep: both have 16 bits, or neither. All programs that
// share a state must come to the same, those too that do not read it yet, and they do: it
// is the convolution that reads the value now that will read the state.
func (l *layout) keeps(half map[*graph.Node]tensor.DType, not, made map[*graph.Node]bool) {
	var keeps []*graph.Node
	for _, s := range l.plan.Steps {
		if s.Node != nil && s.Node.Op == graph.Keep {
			keeps = append(keeps, s.Node)
		}
	}
	short := func(n *graph.Node) bool { return half[n] != 0 && !not[n] && made[n] }
	for again := true; again; {
		again = false
		for _, k := range keeps {
			x, state := k.In[0], k.In[1]
			t, read := half[state]
			if short(x) && !not[state] && (!read || t == half[x]) {
				half[state] = half[x]
				continue
			}
			again = again || !not[x] || !not[state]
			not[x], not[state] = true, true
		}
	}
	for _, k := range keeps {
		made[k.In[1]] = true
	}
}

// reads tells as what type a node reads an input, where that is 16 bits in rows
// without padding.
func (l *layout) reads(n *graph.Node, input int) (tensor.DType, bool) {
	switch n.Op {
	case graph.MatMul, graph.Conv3D:
		w, _ := root(n.In[1])
		cache := n.Op == graph.Conv3D && n.Attr.(graph.Conv3DAttr).Cached && input == len(n.In)-1
		if w.Op != graph.Weight || input != 0 && !cache {
			return 0, false
		}
		t, k := l.precision.computes(w.DType), n.In[1].Shape[1]
		return t, t != tensor.F32 && k%8 == 0
	case graph.Attention:
		if l.byProducts(n) {
			return tensor.BF16, input < 2
		}
		d := n.Shape[1] / n.Attr.(graph.AttentionAttr).Heads
		return tensor.BF16, input < 3 && padded(d) == d && l.flash(n)
	}
	return 0, false
}

// stores reports whether a node's kernel can store 16 bits.
func (l *layout) stores(n *graph.Node) bool {
	switch n.Op {
	case graph.Norm, graph.NormModulate, graph.RoPE:
		return true
	case graph.Attention:
		return l.flash(n) || l.byProducts(n)
	case graph.MatMul:
		w, _ := root(n.In[1])
		return w.Op == graph.Weight && l.precision.computes(w.DType) != tensor.F32
	}
	return false
}
