package graph

import "kinora/inference/tensor"

// ViewAttr says where in its input a view begins, in elements.
type ViewAttr struct{ Off int }

// View reads n's elements as another shape. It costs nothing.
func (n *Node) View(shape ...int) *Node {
	out := n.g.add(View, "", n.DType, shape, ViewAttr{}, n)
	out.want(out.Shape.Len() == n.Shape.Len(), "%v as %v", n.Shape, out.Shape)
	return out
}

// Slice returns the entries lo … hi−1 of the outermost dimension, in place.
func (n *Node) Slice(lo, hi int) *Node {
	s := append(tensor.Shape{hi - lo}, n.Shape[1:]...)
	out := n.g.add(View, "", n.DType, s, ViewAttr{Off: lo * n.Shape[1:].Len()}, n)
	out.want(0 <= lo && lo < hi && hi <= n.Shape[0], "[%d:%d] of %v", lo, hi, n.Shape)
	return out
}
