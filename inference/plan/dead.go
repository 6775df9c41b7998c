package plan

import "kinora/inference/graph"

// dead leaves out the work nobody reads: nodes from which no output and no state
// is reached. A plan that runs once leaves nothing in its states but what it reads
// itself afterwards. Inputs stay, read or not: they are what the caller was promised.
func dead(g *graph.Graph, once bool) *graph.Graph {
	alive := make([]bool, len(g.Nodes))
	for _, n := range g.Out {
		alive[n.ID] = true
	}
	kept, read := 0, map[*graph.Node]bool{}
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := g.Nodes[i]
		if n.Op == graph.Keep && (!once || read[n.In[1]]) || n.Op == graph.Input {
			alive[i] = true
		}
		if alive[i] {
			kept++
			for _, m := range n.In {
				alive[m.ID] = true
				r, _ := root(m)
				read[r] = read[r] || r.Op == graph.State && !(n.Op == graph.Keep && n.Attr.(graph.KeepAttr).Fresh)
			}
		}
	}
	if kept == len(g.Nodes) {
		return g
	}
	return graph.Filter(g, func(n *graph.Node) bool { return alive[n.ID] })
}
