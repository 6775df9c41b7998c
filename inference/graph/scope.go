package graph

import (
	"fmt"
	"strings"

	"kinora/inference/tensor"
)

// A Scope is a place in a checkpoint: a prefix for the names of weights.
type Scope struct {
	g      *Graph
	prefix string
}

// At descends, so s.At("blocks", 3, "attn") is blocks.3.attn.
func (s *Scope) At(path ...any) *Scope {
	p := s.prefix
	for _, e := range path {
		p = strings.TrimPrefix(p+"."+fmt.Sprint(e), ".")
	}
	return &Scope{g: s.g, prefix: p}
}

// Tap names a value by its place, so that a test can compare it with the
// reference's and a failing comparison names the first place that differs.
func (s *Scope) Tap(name string, n *Node) *Node {
	s.g.Taps[s.At(name).prefix] = n
	return n
}

// TapMore is Tap for what is drawn in pieces: n follows what has that name already.
func (s *Scope) TapMore(name string, n *Node) *Node {
	at := s.At(name).prefix
	if before := s.g.Taps[at]; before != nil {
		s.g.Taps[at] = Join(before, n)
		return n
	}
	return s.Tap(name, n)
}

// Input declares a value given at run time.
func (s *Scope) Input(name string, d tensor.DType, shape ...int) *Node {
	return s.g.add(Input, name, d, shape, nil)
}

// State declares memory that starts as zeros and stays between the runs of all
// programs that share it. Keep is what changes it. Declared again it is the same, and
// holds what it was made to keep until then.
func (s *Scope) State(name string, shape ...int) *Node {
	at := s.At(name).prefix
	for _, n := range s.g.Nodes {
		if n.Op == State && n.Name == at {
			n.want(n.Shape.Equal(shape), "%s is %v and %v", at, n.Shape, shape)
			return n
		}
	}
	return s.g.add(State, at, tensor.F32, shape, nil)
}

// Const declares numbers known when the graph is drawn.
func (s *Scope) Const(data []float32, shape ...int) *Node {
	n := s.g.add(Const, "", tensor.F32, shape, data)
	n.want(n.Shape.Len() == len(data), "%d numbers for %v", len(data), n.Shape)
	return n
}

// ConstInts declares whole numbers known when the graph is drawn.
func (s *Scope) ConstInts(data []int32, shape ...int) *Node {
	n := s.g.add(Const, "", tensor.I32, shape, data)
	n.want(n.Shape.Len() == len(data), "%d numbers for %v", len(data), n.Shape)
	return n
}

// Has reports whether the checkpoint has a weight.
func (s *Scope) Has(name string) bool {
	_, _, ok := s.g.info(s.At(name).prefix)
	return ok
}

// Weight declares a value read from the checkpoint and checks its shape.
func (s *Scope) Weight(name string, shape ...int) *Node {
	full := s.At(name).prefix
	d, have, ok := s.g.info(full)
	if !ok {
		panic(&Error{full, "not in checkpoint"})
	}
	if !have.Equal(shape) {
		panic(&Error{full, fmt.Sprintf("want %v, checkpoint has %v", tensor.Shape(shape), have)})
	}
	return s.g.add(Weight, full, d, have, nil)
}

// Shape returns the shape of a weight, or fails when the checkpoint lacks it.
func (s *Scope) Shape(name string) tensor.Shape {
	full := s.At(name).prefix
	_, have, ok := s.g.info(full)
	if !ok {
		panic(&Error{full, "not in checkpoint"})
	}
	return have
}

// Param declares a weight that is read as shape, whatever dimensions of 1 the
// checkpoint adds to it.
func (s *Scope) Param(name string, shape ...int) *Node {
	have := s.Shape(name)
	if have.Len() != tensor.Shape(shape).Len() {
		panic(&Error{s.At(name).prefix, fmt.Sprintf("want %v, checkpoint has %v", tensor.Shape(shape), have)})
	}
	w := s.Weight(name, have...)
	if have.Equal(shape) {
		return w
	}
	return w.View(shape...)
}

// Fail ends the drawing with a reason that names the place.
func (s *Scope) Fail(format string, a ...any) {
	panic(&Error{s.prefix, fmt.Sprintf(format, a...)})
}
