package plan

import "kinora/inference/graph"

// rows cuts two products in a row, of which the first makes its rows wider, into
// pieces of most rows each, so that the wide value between them is never whole. A
// row of a product depends on no other row: the numbers stay the same.
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
	return graph.Rewrite(g, func(n *graph.Node, in []*graph.Node) *graph.Node {
		if n.Op != graph.MatMul || n.In[0].Op != graph.MatMul || uses[n.In[0].ID] != 1 {
			return nil
		}
		wide := n.In[0]
		height := n.Shape[0]
		if len(n.Shape) != 2 || height <= most || wide.Shape[1] <= wide.In[0].Shape[1] {
			return nil
		}
		var parts []*graph.Node
		for _, r := range even(height, most) {
			x := in[0].In[0].Slice(r[0], r[1])
			parts = append(parts, product(n, product(wide, x, in[0].In), in))
		}
		return graph.Join(parts...)
	})
}

// product draws n again on other rows, with the weight and bias that in holds.
func product(n, x *graph.Node, in []*graph.Node) *graph.Node {
	var bias *graph.Node
	if len(in) > 2 {
		bias = in[2]
	}
	return x.Linear(in[1], bias, n.Attr.(graph.MatMulAttr).Act)
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
