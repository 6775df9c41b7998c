package plan

import (
	"testing"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// TestNarrowValues: what the device stores narrow takes less, the product of it and the
// sum after that do not share memory, and the sum lies where its first term was.
func TestNarrowValues(t *testing.T) {
	const dim = 16
	var normed, product, sum *graph.Node
	g, err := graph.Build(checkpoint(1, dim), func(s *graph.Scope) []*graph.Node {
		x := s.Input("x", tensor.F32, 6, dim)
		first := x.Add(x)
		normed = first.Normalise(graph.NormAttr{Kind: graph.LayerNorm, Eps: 1e-6}, nil, nil)
		product = normed.Linear(s.Weight("blocks.0.w", dim, dim), nil, graph.NoAct)
		sum = first.Add(product)
		return []*graph.Node{sum.SiLU().Linear(s.Weight("head.w", dim, dim), nil, graph.NoAct)}
	})
	if err != nil {
		t.Fatal(err)
	}
	is := func(n, like *graph.Node) bool { return n.Op == like.Op && n.Shape.Equal(like.Shape) }
	p := compile(t, g, Options{Budget: -1, Narrow: func(g *graph.Graph) map[*graph.Node]tensor.DType {
		m := map[*graph.Node]tensor.DType{}
		for _, n := range g.Nodes {
			if is(n, normed) && n.Op == graph.Norm {
				m[n] = tensor.BF16
			}
		}
		return m
	}})
	var narrow, added Slot
	for i, s := range p.Steps {
		switch {
		case s.Node.Op == graph.Norm:
			narrow = s.Out
		case s.Node.Op == graph.Add && i > 0 && p.Steps[i-1].Node.Op == graph.MatMul:
			if added = s.Out; s.Out != s.In[0] {
				t.Errorf("the sum lies at %v and its first term at %v", s.Out, s.In[0])
			}
		}
	}
	if len(p.Narrow) != 1 || narrow.Size != 6*dim*2 {
		t.Errorf("%d narrow values, %d bytes", len(p.Narrow), narrow.Size)
	}
	if added.Off < narrow.Off+narrow.Size && narrow.Off < added.Off+added.Size {
		t.Errorf("the sum at %v and what the product before reads at %v overlap\n%s", added, narrow, p)
	}
}

// TestNormsInPlace: a norm lies where its rows were, unless somebody wants those still,
// or one of the two is narrow.
func TestNormsInPlace(t *testing.T) {
	const dim = 16
	for _, c := range []struct {
		name          string
		again, narrow bool
		inPlace       bool
	}{{"alone", false, false, true}, {"read again", true, false, false}, {"narrow", false, true, false}} {
		g, err := graph.Build(checkpoint(1, dim), func(s *graph.Scope) []*graph.Node {
			x := s.Input("x", tensor.F32, 6, dim).SiLU()
			y := x.Normalise(graph.NormAttr{Kind: graph.RMSNorm, Eps: 1e-6}, nil, nil).Linear(s.Weight("head.w", dim, dim), nil, graph.NoAct)
			if c.again {
				y = y.Add(x)
			}
			return []*graph.Node{y}
		})
		if err != nil {
			t.Fatal(err)
		}
		p := compile(t, g, Options{Budget: -1, Narrow: func(g *graph.Graph) map[*graph.Node]tensor.DType {
			m := map[*graph.Node]tensor.DType{}
			for _, n := range g.Nodes {
				if c.narrow && n.Op == graph.Norm {
					m[n] = tensor.BF16
				}
			}
			return m
		}})
		if err := walk(p); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for _, s := range p.Steps {
			if s.Node.Op == graph.Norm && (s.In[0] == s.Out) != c.inPlace {
				t.Errorf("%s: the norm lies at %v, its rows at %v", c.name, s.Out, s.In[0])
			}
		}
	}
}

// TestMadeWeights: what the checkpoint does not have as it is read is resident where all
// else is mapped, and both are found in their places.
func TestMadeWeights(t *testing.T) {
	const dim = 16
	g, err := graph.Build(checkpoint(2, dim), func(s *graph.Scope) []*graph.Node {
		x := s.Input("x", tensor.F32, 6, dim)
		for i := range 2 {
			x = x.Linear(s.At("blocks", i).Weight("w", dim, dim), nil, graph.NoAct)
		}
		return []*graph.Node{x.Linear(s.Weight("head.w", dim, dim), nil, graph.NoAct)}
	})
	if err != nil {
		t.Fatal(err)
	}
	p := compile(t, g, Options{Map: true, Made: func(name string) bool { return name == "blocks.1.w" }})
	if err := walk(p); err != nil {
		t.Error(err)
	}
	if resident, _, mapped := p.Held(); resident != p.Size[Resident] || resident != mapped/2 || resident == 0 {
		t.Errorf("%d bytes resident in %d, %d mapped", resident, p.Size[Resident], mapped)
	}
	for _, s := range p.Steps {
		name, in := s.Node.In[1].Name, s.In[1]
		if want := map[bool]Region{true: Resident, false: Mapped}[name == "blocks.1.w"]; in.Region != want {
			t.Errorf("%s is in %v, want %v", name, in.Region, want)
		}
		if in.Region == Mapped && p.Weights[in.Weight].Name != name {
			t.Errorf("%s is looked for at %s", name, p.Weights[in.Weight].Name)
		}
	}
}
