package plan

import "kinora/inference/graph"

// decompose takes apart the composite operations the device cannot run whole.
func decompose(g *graph.Graph, can func(*graph.Node) bool) *graph.Graph {
	return graph.Rewrite(g, func(n *graph.Node, in []*graph.Node) *graph.Node {
		if n.Op > graph.Composite && (can == nil || !can(n)) {
			return graph.Decompose(n, in)
		}
		return nil
	})
}
