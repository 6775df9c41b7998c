package graph

import "kinora/inference/tensor"

// Gather returns the rows of table [n, dim] that ids name, [len(ids), dim]. An
// id outside the table gives a row of zeros.
func (n *Node) Gather(ids *Node) *Node {
	out := n.g.add(Gather, "", tensor.F32, tensor.Shape{ids.Shape.Len(), n.Shape[1]}, nil, n, ids)
	out.want(len(n.Shape) == 2 && ids.DType == tensor.I32, "%v by %v", n.Shape, ids.DType)
	return out
}
