package plan

import "kinora/inference/graph"

// root follows views to the value they show, and counts the elements skipped.
func root(n *graph.Node) (r *graph.Node, skip int) {
	for n.Op == graph.View {
		skip += n.Attr.(graph.ViewAttr).Off
		n = n.In[0]
	}
	return n, skip
}

// lifetimes returns, for every node that has a place of its own, the last node
// that reads it or a view of it. Outputs are never done.
func lifetimes(g *graph.Graph) []int {
	last := make([]int, len(g.Nodes))
	for _, n := range g.Nodes {
		if n.Op == graph.View {
			continue
		}
		last[n.ID] = n.ID // one nobody reads dies at once
		for _, m := range n.In {
			r, _ := root(m)
			last[r.ID] = n.ID
		}
	}
	for _, n := range g.Out {
		r, _ := root(n)
		last[r.ID] = len(g.Nodes)
	}
	return last
}
