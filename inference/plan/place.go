package plan

import (
	"fmt"
	"slices"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// place gives every value its slot and lays the steps out in order.
func place(g *graph.Graph, o Options) (*Plan, error) {
	p := &Plan{In: map[string]Port{}, States: map[string]Port{}}
	if o.Narrow != nil {
		p.Narrow = o.Narrow(g)
	}
	b := &builder{plan: p, last: lifetimes(g), slots: make([]Slot, len(g.Nodes)), out: map[int]bool{}}
	for _, n := range g.Out {
		r, _ := root(n)
		b.out[r.ID] = true
	}
	if err := b.weights(g, o); err != nil {
		return nil, err
	}
	b.hold(g)
	for _, n := range g.Nodes {
		if err := b.node(n); err != nil {
			return nil, err
		}
	}
	for _, n := range g.Out {
		p.Out = append(p.Out, Port{n.DType, n.Shape, b.slots[n.ID]})
	}
	p.Size[IO], p.Size[Arena], p.Size[States], p.Size[Consts] = b.io.end, b.scratch.pack(), b.states.end, b.consts.end
	for i := range p.Steps {
		s := &p.Steps[i]
		for j := range s.In {
			b.settle(&s.In[j])
		}
		b.settle(&s.Out)
	}
	return p, nil
}

// settle gives a value of the arena its place.
func (b *builder) settle(s *Slot) {
	if s.Region == Arena {
		s.Off = b.scratch.place(s.Off)
	}
}

type builder struct {
	plan               *Plan
	last               []int
	slots              []Slot
	out                map[int]bool
	held               map[int][]*graph.Node // what is given back after the node of this ID, which does not read it
	uploads            map[int]Step          // before the node of this ID
	fine               bool
	io, states, consts row
	scratch            arena
}

func (b *builder) node(n *graph.Node) error {
	p := b.plan
	dtype := n.DType
	if d, ok := p.Narrow[n]; ok {
		dtype = d
	}
	size := dtype.Size(n.Shape.Len())
	switch n.Op {
	case graph.Weight:
		return nil // placed already
	case graph.View:
		r, skip := root(n)
		s := b.slots[r.ID]
		if elems, _ := r.DType.Block(); skip%elems != 0 {
			return fmt.Errorf("plan: a view into %s begins inside a block of %v", r.Name, r.DType)
		}
		s.Off, s.Size = s.Off+r.DType.Size(skip), size
		b.slots[n.ID] = s
		return nil
	case graph.Input:
		if _, twice := p.In[n.Name]; twice {
			return fmt.Errorf("plan: two inputs %s", n.Name)
		}
		b.slots[n.ID] = Slot{Region: IO, Off: b.io.take(size), Size: size}
		p.In[n.Name] = Port{n.DType, n.Shape, b.slots[n.ID]}
		return nil
	case graph.State:
		if _, twice := p.States[n.Name]; twice {
			return fmt.Errorf("plan: two states %s", n.Name)
		}
		b.slots[n.ID] = Slot{Region: States, Off: b.states.take(size), Size: size}
		p.States[n.Name] = Port{dtype, n.Shape, b.slots[n.ID]}
		return nil
	case graph.Const:
		b.slots[n.ID] = Slot{Region: Consts, Off: b.consts.take(size), Size: size}
		p.Consts = append(p.Consts, Const{constBytes(n), b.slots[n.ID]})
		return nil
	}
	if u, ok := b.uploads[n.ID]; ok {
		p.Steps = append(p.Steps, u)
	}
	switch {
	case n.Op == graph.Keep:
		r, _ := root(n.In[1])
		b.slots[n.ID] = b.slots[r.ID]
	case b.out[n.ID]:
		b.slots[n.ID] = Slot{Region: IO, Off: b.io.take(size), Size: size}
	case b.inPlace(n):
		b.slots[n.ID] = b.slots[n.In[0].ID]
		b.last[n.In[0].ID] = -1 // its place lives on
	default:
		b.slots[n.ID] = Slot{Region: Arena, Off: b.scratch.take(size, n.ID), Size: size}
	}
	s := Step{Node: n, Out: b.slots[n.ID]}
	for _, m := range n.In {
		s.In = append(s.In, b.slots[m.ID])
	}
	p.Steps = append(p.Steps, s)
	b.release(n)
	return nil
}

// inPlace reports whether a sum may be written over its first term, or a norm over
// what it is of, as they may where nobody wants that afterwards: devices read all that
// a number depends on before they write it, and each row by itself.
func (b *builder) inPlace(n *graph.Node) bool {
	if n.Op != graph.Add && n.Op != graph.AddDupUp && n.Op != graph.Gate && n.Op != graph.Norm {
		return false
	}
	x := n.In[0]
	if x.Op == graph.View || b.slots[x.ID].Region != Arena || b.last[x.ID] != n.ID || x.DType != n.DType || !x.Shape.Equal(n.Shape) {
		return false
	}
	for _, m := range n.In[1:] {
		if r, _ := root(m); r == x {
			return false
		}
	}
	_, before := b.plan.Narrow[x]
	_, after := b.plan.Narrow[n]
	return !before && !after
}

// hold keeps narrow values that a product reads until the sum after it is there, since
// devices make the two at once: the sum must not lie where they do.
func (b *builder) hold(g *graph.Graph) {
	b.held = map[int][]*graph.Node{}
	var product *graph.Node
	for _, n := range g.Nodes {
		if n.Op == graph.View || n.Op == graph.Weight || n.Op == graph.Const {
			continue
		}
		if (n.Op == graph.Add || n.Op == graph.Gate) && product != nil && slices.Contains(n.In, product) {
			x := product.In[0]
			if _, narrow := b.plan.Narrow[x]; narrow && b.last[x.ID] == product.ID {
				b.last[x.ID] = n.ID
				b.held[n.ID] = append(b.held[n.ID], x)
			}
		}
		if product = nil; n.Op == graph.MatMul || n.Op == graph.Conv3D {
			product = n
		}
	}
}

// release gives back what n was the last to read, and n itself if nobody will.
func (b *builder) release(n *graph.Node) {
	for _, m := range slices.Concat([]*graph.Node{n}, n.In, b.held[n.ID]) {
		r, _ := root(m)
		if s := b.slots[r.ID]; s.Region == Arena && b.last[r.ID] == n.ID {
			b.scratch.give(s.Off, n.ID)
			b.last[r.ID] = -1 // once, even if read twice
		}
	}
}

func constBytes(n *graph.Node) []byte {
	if v, ok := n.Attr.([]int32); ok {
		return tensor.Bytes(v)
	}
	return tensor.Bytes(n.Attr.([]float32))
}
