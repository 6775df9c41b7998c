package graph

import "kinora/inference/tensor"

// MatMulAttr holds what is done to a product before it is stored. Where it is Scaled,
// the last input is what w is to be multiplied by.
type MatMulAttr struct {
	Act    ActKind
	Scaled bool
}

// Linear returns act(n·wᵀ + b) over the last dimension, for w of [out, in], the
// layout checkpoints use. b is [out] or nil.
func (n *Node) Linear(w, b *Node, act ActKind) *Node { return n.ScaledLinear(w, nil, b, act) }

// ScaledLinear is Linear with w multiplied by scale, which is [1], or [out] with a
// number for each row; nil is none.
func (n *Node) ScaledLinear(w, scale, b *Node, act ActKind) *Node {
	last := len(n.Shape) - 1
	s := append(append(tensor.Shape{}, n.Shape[:last]...), w.Shape[0])
	in := []*Node{n, w}
	for _, more := range []*Node{b, scale} {
		if more != nil {
			in = append(in, more)
		}
	}
	out := n.op(MatMul, s, MatMulAttr{act, scale != nil}, in...)
	out.want(len(w.Shape) == 2 && n.Shape[last] == w.Shape[1], "%v × %v", n.Shape, w.Shape)
	out.want(b == nil || b.Shape.Len() == w.Shape[0], "bias %v for %v", n.Shape, w.Shape)
	out.want(scale == nil || scale.Shape.Len() == 1 || scale.Shape.Len() == w.Shape[0], "scale of %v", w.Shape)
	return out
}

// BiasAndScale returns which inputs of a MatMul are its bias and its scale; 0 is none.
func (n *Node) BiasAndScale() (bias, scale int) {
	last := len(n.In) - 1
	if n.Attr.(MatMulAttr).Scaled {
		scale, last = last, last-1
	}
	if last > 1 {
		bias = last
	}
	return bias, scale
}
