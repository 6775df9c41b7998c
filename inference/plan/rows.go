package plan

import (
	"maps"
	"slices"

	"kinora/inference/graph"
)

// rows cuts products, sums and activations in a row, of which some make their rows
// wider than what comes out, into pieces of most rows each, so that the wide values
// between are never whole. A row of them depends on no other row: the numbers stay the
// same.
func rows(g *graph.Graph, most int) *graph.Graph {
	uses := make([]int, len(g.Nodes))
	for _, n := range g.Nodes {
		for _, m := range n.In {
			uses[m.ID]++
		}
	}
	for _, n := range g.Out {
		uses[n.ID]++
	}
	inside := map[*graph.Node]map[*graph.Node]bool{} // by what comes out
	claimed := map[*graph.Node]bool{}
	for _, n := range slices.Backward(g.Nodes) {
		if claimed[n] || !byRow(n) || n.Shape[0] <= most {
			continue
		}
		if in := within(n, uses); in != nil {
			inside[n] = in
			maps.Copy(claimed, in)
		}
	}
	return graph.Rewrite(g, func(n *graph.Node, in []*graph.Node) *graph.Node {
		if inside[n] == nil {
			return nil
		}
		var parts []*graph.Node
		for _, r := range even(n.Shape[0], most) {
			parts = append(parts, (&piece{r, inside[n], map[*graph.Node]*graph.Node{}}).draw(n, in))
		}
		return graph.Join(parts...)
	})
}

// byRow reports whether the rows of a value depend on the same rows of what it is of.
func byRow(n *graph.Node) bool {
	if len(n.Shape) != 2 {
		return false
	}
	switch n.Op {
	case graph.MatMul:
		return true
	case graph.Act:
		return len(n.In[0].Shape) == 2
	case graph.Add:
		return n.In[1].Shape.Equal(n.Shape)
	case graph.Mul:
		return n.In[1].Shape.Len() == 1
	}
	return false
}

// operands is how many of the inputs have rows, and not weights.
func operands(n *graph.Node) int {
	if n.Op == graph.Add {
		return 2
	}
	return 1
}

// within is n and what goes by rows into nothing but n, back to the values that wider
// ones are made of; nil where there are none that are wider than n.
func within(n *graph.Node, uses []int) map[*graph.Node]bool {
	inside := map[*graph.Node]bool{n: true}
	met := map[*graph.Node]int{} // uses inside
	wide := false
	narrow := n.Shape[1]
	var visit func(from *graph.Node)
	visit = func(from *graph.Node) {
		for _, x := range from.In[:operands(from)] {
			if from.Shape[1] > narrow && x.Shape[len(x.Shape)-1] <= narrow {
				continue // a wide value is made of it
			}
			if met[x]++; met[x] == uses[x.ID] && byRow(x) && x.Shape[0] == n.Shape[0] {
				inside[x] = true
				wide = wide || x.Shape[1] > narrow
				visit(x)
			}
		}
	}
	visit(n)
	if !wide {
		return nil
	}
	return inside
}

// A piece is some rows of what is inside.
type piece struct {
	rows   [2]int
	inside map[*graph.Node]bool
	drawn  map[*graph.Node]*graph.Node
}

// draw draws n again for the rows of the piece; in are n's inputs in the copy.
func (p *piece) draw(n *graph.Node, in []*graph.Node) *graph.Node {
	if d, ok := p.drawn[n]; ok {
		return d
	}
	x := make([]*graph.Node, operands(n))
	for i := range x {
		if p.inside[n.In[i]] {
			x[i] = p.draw(n.In[i], in[i].In)
		} else if d, ok := p.drawn[n.In[i]]; ok {
			x[i] = d
		} else {
			x[i] = in[i].Slice(p.rows[0], p.rows[1])
			p.drawn[n.In[i]] = x[i]
		}
	}
	p.drawn[n] = again(n, x, in)
	return p.drawn[n]
}

// again draws n on other rows, with the weights that in holds.
func again(n *graph.Node, x, in []*graph.Node) *graph.Node {
	switch n.Op {
	case graph.Add:
		return x[0].Add(x[1])
	case graph.Mul:
		return x[0].Mul(in[1])
	case graph.Act:
		if n.Attr.(graph.ActKind) == graph.GELU {
			return x[0].GELU()
		}
		return x[0].SiLU()
	}
	var bias, scale *graph.Node
	b, s := n.BiasAndScale()
	if b > 0 {
		bias = in[b]
	}
	if s > 0 {
		scale = in[s]
	}
	return x[0].ScaledLinear(in[1], scale, bias, n.Attr.(graph.MatMulAttr).Act)
}

// even cuts 0 … n into as few pieces of at most `most` as do, of sizes alike: a
// piece of few rows would take another way through the kernels.
func even(n, most int) [][2]int {
	count := (n + most - 1) / most
	list := make([][2]int, count)
	for i := range list {
		list[i] = [2]int{n * i / count, n * (i + 1) / count}
	}
	return list
}
