package graph

// Rewrite copies a graph, letting f replace nodes. f gets each node with its
// inputs already copied and returns the replacement, or nil to copy it as is.
func Rewrite(g *Graph, f func(n *Node, in []*Node) *Node) *Graph {
	out := &Graph{info: g.info, Taps: map[string]*Node{}}
	to := make([]*Node, len(g.Nodes))
	for _, n := range g.Nodes {
		in := make([]*Node, len(n.In))
		for i, m := range n.In {
			in[i] = to[m.ID]
		}
		if len(n.In) > 0 {
			if r := f(n, in); r != nil {
				to[n.ID] = r
				continue
			}
		}
		to[n.ID] = out.add(n.Op, n.Name, n.DType, n.Shape, n.Attr, in...)
	}
	for _, n := range g.Out {
		out.Out = append(out.Out, to[n.ID])
	}
	for t, n := range g.Taps {
		out.Taps[t] = to[n.ID]
	}
	return out
}

// Filter copies the nodes that keep reports; it must keep what kept ones read.
func Filter(g *Graph, keep func(*Node) bool) *Graph {
	out := &Graph{info: g.info, Taps: map[string]*Node{}}
	to := make([]*Node, len(g.Nodes))
	for _, n := range g.Nodes {
		if !keep(n) {
			continue
		}
		in := make([]*Node, len(n.In))
		for i, m := range n.In {
			in[i] = to[m.ID]
		}
		to[n.ID] = out.add(n.Op, n.Name, n.DType, n.Shape, n.Attr, in...)
	}
	for _, n := range g.Out {
		out.Out = append(out.Out, to[n.ID])
	}
	for t, n := range g.Taps {
		if to[n.ID] != nil {
			out.Taps[t] = to[n.ID]
		}
	}
	return out
}
