// Package graph is the language models are written in: a straight list of nodes,
// each an operation on earlier nodes. A graph knows shapes and names; it knows
// no device, no memory and no file.
//
// An operation has one file here, holding its constructor, its shape rule and,
// when it is made of smaller operations, its meaning in terms of them. The same
// file name leads to its kernel in every device.
//
// Activations are float32 and channels come last: tokens are [rows, dim], video
// is [frames, height, width, channels].
//
// Building panics with an Error on a wrong shape; Build is the only place that
// recovers it. Everywhere else errors are returned.
package graph

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"kinora/inference/tensor"
)

// A Node is one value in a graph and how it comes about.
type Node struct {
	ID    int
	Op    Op
	In    []*Node
	Shape tensor.Shape
	DType tensor.DType
	Attr  any    // the op's constants, a plain struct or nil
	Name  string // of an Input, a Weight or a State; empty for the rest
	g     *Graph
}

// A Graph is a list of nodes in an order that can be evaluated.
type Graph struct {
	Nodes []*Node
	Out   []*Node
	Taps  map[string]*Node
	info  Lookup
}

// Lookup tells how a checkpoint stores a weight. The stored type becomes the
// node's type, which is all a graph needs to know about quantisation.
type Lookup func(name string) (tensor.DType, tensor.Shape, bool)

// An Error says why a graph could not be built, and where: the line of the model
// that drew it, or the name of the weight.
type Error struct{ Where, What string }

func (e *Error) Error() string { return e.Where + ": " + e.What }

// Build runs draw and returns the graph it drew.
func Build(w Lookup, draw func(s *Scope) []*Node) (g *Graph, err error) {
	g = &Graph{info: w, Taps: map[string]*Node{}}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *Error:
			g, err = nil, fmt.Errorf("build graph: %w", e)
		default:
			panic(e)
		}
	}()
	for _, n := range draw(&Scope{g: g}) {
		g.out(n)
	}
	return g, nil
}

// out makes n an output. Outputs have places of their own, so one that is an
// input, a weight or a view of them is copied.
func (g *Graph) out(n *Node) {
	root := n
	for root.Op == View {
		root = root.In[0]
	}
	if root.Op <= State || root != n {
		n = n.copy()
	}
	g.Out = append(g.Out, n)
}

// Expose makes tapped values outputs, after those there are, in the order given.
func (g *Graph) Expose(taps ...string) error {
	for _, t := range taps {
		n, ok := g.Taps[t]
		if !ok {
			return fmt.Errorf("graph has no tap %s", t)
		}
		g.out(n)
	}
	return nil
}

func (g *Graph) add(op Op, name string, d tensor.DType, s tensor.Shape, attr any, in ...*Node) *Node {
	n := &Node{ID: len(g.Nodes), Op: op, In: in, Shape: s, DType: d, Attr: attr, Name: name, g: g}
	g.Nodes = append(g.Nodes, n)
	return n
}

// op adds a float32 node of this graph.
func (n *Node) op(op Op, s tensor.Shape, attr any, in ...*Node) *Node {
	return n.g.add(op, "", tensor.F32, s, attr, in...)
}

// fail blames the nearest caller outside this package.
func (n *Node) fail(format string, a ...any) {
	fail(n.Op.String()+": "+format, a...)
}

func fail(format string, a ...any) {
	where := "graph"
	for skip := 2; ; skip++ {
		pc, file, line, ok := runtime.Caller(skip)
		if !ok {
			break
		}
		if !strings.Contains(runtime.FuncForPC(pc).Name(), "/graph.") {
			where = fmt.Sprintf("%s:%d", filepath.Base(file), line)
			break
		}
	}
	panic(&Error{where, fmt.Sprintf(format, a...)})
}

// want fails unless ok.
func (n *Node) want(ok bool, format string, a ...any) {
	if !ok {
		n.fail(format, a...)
	}
}
