package cuda

import (
	"kinora/inference/device/cuda/driver"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
)

// A fusion is the next step done in the epilogue of a product: out = residual +
// gate·product.
type fusion struct {
	out, residual, gate mem
	every, stride       int // of the gate
}

// uses counts how often nodes are read.
func (l *layout) uses() map[*graph.Node]int {
	n := map[*graph.Node]int{}
	for _, s := range l.plan.Steps {
		if s.Node == nil {
			continue
		}
		for _, in := range s.Node.In {
			r, _ := root(in)
			n[r]++
		}
	}
	return n
}

// fuse returns what the step after i does with the product that step i is, when
// nobody else wants the product and the result may be written while the product's
// inputs are read. On tensor cores those are copies in scratch, unless they were
// stored in 16 bits already, or are copied a band at a time.
func (l *layout) fuse(i int, uses map[*graph.Node]int) *fusion {
	s := l.plan.Steps[i]
	if i+1 == len(l.plan.Steps) || l.plan.Steps[i+1].Node == nil {
		return nil
	}
	next := l.plan.Steps[i+1]
	n, m := s.Node, next.Node
	if n.Op != graph.MatMul && n.Op != graph.Conv3D || uses[n] != 1 || s.Out.Region == plan.IO {
		return nil
	}
	f := &fusion{}
	var residual int
	switch {
	case n.Op == graph.MatMul && m.Op == graph.Gate && m.In[1] == n:
		t := m.In[2]
		table, err := l.value(t, next.In[2])
		if err != nil {
			return nil
		}
		f.gate = vector(table, t.Shape, m.Attr.(graph.GateAttr).Vector)
		f.every, f.stride = m.Shape[0]/t.Shape[0], t.Shape[1]*t.Shape[2]
	case m.Op == graph.Add && m.In[0] == n && m.In[1].Shape.Equal(n.Shape):
		residual = 1
	case m.Op == graph.Add && m.In[1] == n && m.In[0].Shape.Equal(n.Shape):
	default:
		return nil
	}
	var err error
	if f.residual, err = l.value(m.In[residual], next.In[residual]); err != nil {
		return nil
	}
	if f.out, err = l.at(m, next.Out); err != nil {
		return nil
	}
	w, _ := root(n.In[1])
	copied := w.Op == graph.Weight && l.precision.computes(w.DType) != tensor.F32 && !(n.Op == graph.Conv3D && oneTap(n))
	for j, in := range n.In {
		if r, _ := root(in); r.Op == graph.Weight || copied && l.half[in] == 0 && (j == 0 || n.Op == graph.Conv3D && j == len(n.In)-1) {
			continue
		}
		if m, err := l.at(in, s.In[j]); err != nil || overlap(m, f.out) {
			return nil
		}
	}
	if overlap(f.gate, f.out) || overlap(f.residual, f.out) && f.residual.at != f.out.at {
		return nil
	}
	return f
}

// vector is vector v of a modulation table, from there to the table's end.
func vector(table mem, s tensor.Shape, v int) mem {
	off := int64(4 * v * s[2])
	table.at += driver.Ptr(off)
	table.size -= off
	return table
}
