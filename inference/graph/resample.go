package graph

import "kinora/inference/tensor"

// ResampleAttr holds the factors of the VAE's parameter-free shortcuts.
type ResampleAttr struct {
	Time, Space int
	// Skip drops the first frames of the result (DupUp), or puts as many frames
	// of zeros in front of the input (AvgDown): the rule of a clip's first chunk.
	Skip int
}

// DupUp repeats channels and shuffles them into time and space: [T,H,W,C] to
// [T·time−skip, H·space, W·space, out], each output channel out of its own
// (channel, t, y, x) slot. Source: DupUp3D of the reference VAE.
func (n *Node) DupUp(out int, a ResampleAttr) *Node {
	f := a.Time * a.Space * a.Space
	x := n.Shape
	r := n.op(DupUp, tensor.Shape{x[0]*a.Time - a.Skip, x[1] * a.Space, x[2] * a.Space, out}, a, n)
	r.want(out*f%x[3] == 0 && a.Skip < a.Time, "%v to %d channels", x, out)
	return r
}

// AddDupUp is n plus x.DupUp, which nobody need put together first.
func (n *Node) AddDupUp(x *Node, a ResampleAttr) *Node {
	out := n.op(AddDupUp, n.Shape, a, n, x)
	out.want(n.Shape.Equal(x.DupUp(n.Shape[3], a).Shape), "%v and %v", n.Shape, x.Shape)
	return out
}

func addDupUpMeaning(n *Node, in []*Node) *Node {
	return in[0].Add(in[1].DupUp(n.Shape[3], n.Attr.(ResampleAttr)))
}

// AvgDown moves time and space into channels, in the order (channel, t, y, x),
// and averages consecutive groups of them: [T,H,W,C] to [(skip+T)/time, H/space,
// W/space, out]. Source: AvgDown3D of the reference VAE.
func (n *Node) AvgDown(out int, a ResampleAttr) *Node {
	f := a.Time * a.Space * a.Space
	x := n.Shape
	r := n.op(AvgDown, tensor.Shape{(a.Skip + x[0]) / a.Time, x[1] / a.Space, x[2] / a.Space, out}, a, n)
	r.want(x[3]*f%out == 0 && (a.Skip+x[0])%a.Time == 0 && x[1]%a.Space == 0 && x[2]%a.Space == 0, "%v to %d channels", x, out)
	return r
}
