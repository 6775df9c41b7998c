package graph

import "kinora/inference/tensor"

// MatMulAttr holds what is done to a product before it is stored.
type MatMulAttr struct{ Act ActKind }

// Linear returns act(n·wᵀ + b) over the last dimension, for w of [out, in], the
// layout checkpoints use. b is [out] or nil.
func (n *Node) Linear(w, b *Node, act ActKind) *Node {
	last := len(n.Shape) - 1
	s := append(append(tensor.Shape{}, n.Shape[:last]...), w.Shape[0])
	in := []*Node{n, w}
	if b != nil {
		in = append(in, b)
	}
	out := n.op(MatMul, s, MatMulAttr{act}, in...)
	out.want(len(w.Shape) == 2 && n.Shape[last] == w.Shape[1], "%v × %v", n.Shape, w.Shape)
	out.want(b == nil || b.Shape.Len() == w.Shape[0], "bias %v for %v", n.Shape, w.Shape)
	return out
}
