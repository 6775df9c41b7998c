package plan

import (
	"fmt"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// place gives every value its slot and lays the steps out in order.
func place(g *graph.Graph, o Options) (*Plan, error) {
	p := &Plan{In: map[string]Port{}, States: map[string]Port{}}
	b := &builder{plan: p, last: lifetimes(g), slots: make([]Slot, len(g.Nodes)), out: map[int]bool{}}
	for _, n := range g.Out {
		r, _ := root(n)
		b.out[r.ID] = true
	}
	if err := b.weights(g, o); err != nil {
		return nil, err
	}
	for _, n := range g.Nodes {
		if err := b.node(n); err != nil {
			return nil, err
		}
	}
	for _, n := range g.Out {
		p.Out = append(p.Out, Port{n.DType, n.Shape, b.slots[n.ID]})
	}
	p.Size[IO], p.Size[Arena], p.Size[States], p.Size[Consts] = b.io.end, b.scratch.end, b.states.end, b.consts.end
	return p, nil
}

type builder struct {
	plan                        *Plan
	last                        []int
	slots                       []Slot
	out                         map[int]bool
	uploads                     map[int]Step // before the node of this ID
	fine                        bool
	io, scratch, states, consts arena
}

func (b *builder) node(n *graph.Node) error {
	p := b.plan
	size := n.DType.Size(n.Shape.Len())
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
		p.States[n.Name] = Port{n.DType, n.Shape, b.slots[n.ID]}
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
	default:
		b.slots[n.ID] = Slot{Region: Arena, Off: b.scratch.take(size), Size: size}
	}
	s := Step{Node: n, Out: b.slots[n.ID]}
	for _, m := range n.In {
		s.In = append(s.In, b.slots[m.ID])
	}
	p.Steps = append(p.Steps, s)
	b.release(n)
	return nil
}

// release gives back what n was the last to read, and n itself if nobody will.
func (b *builder) release(n *graph.Node) {
	for _, m := range append([]*graph.Node{n}, n.In...) {
		r, _ := root(m)
		if s := b.slots[r.ID]; s.Region == Arena && b.last[r.ID] == n.ID {
			b.scratch.give(s.Off, s.Size)
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
