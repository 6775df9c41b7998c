package graph

import "kinora/inference/tensor"

// Conv3DAttr holds the constants of a convolution.
type Conv3DAttr struct {
	Stride [3]int // frames, rows, columns
	// Pad is zeros around a frame: top, bottom, left, right.
	Pad [4]int
	// Up doubles rows and columns of the input by repetition before the
	// convolution sees them.
	Up     bool
	Bias   bool // the third input is a bias
	Cached bool // the last input is a cache
}

// Conv3D convolves n [T,H,W,C] with w [O,C,kt,kh,kw] (or [O,C,kh,kw]). It is
// causal: the frames in front of n are those of cache [c,H,W,C], oldest first,
// and, where cache is nil, kt−1 frames of zeros. b is [O] or nil.
func (n *Node) Conv3D(w, b, cache *Node, a Conv3DAttr) *Node {
	if len(w.Shape) == 4 {
		w = w.View(w.Shape[0], w.Shape[1], 1, w.Shape[2], w.Shape[3])
	}
	if a.Stride == ([3]int{}) {
		a.Stride = [3]int{1, 1, 1}
	}
	in := []*Node{n, w}
	if a.Bias = b != nil; a.Bias {
		in = append(in, b)
	}
	if a.Cached = cache != nil; a.Cached {
		in = append(in, cache)
	}
	out := n.op(Conv3D, nil, a, in...)
	out.want(len(n.Shape) == 4 && len(w.Shape) == 5 && n.Shape[3] == w.Shape[1], "%v by %v", n.Shape, w.Shape)
	x, k := n.Shape, w.Shape[2:]
	front := k[0] - 1
	if cache != nil {
		front = cache.Shape[0]
		out.want(cache.Shape[1:].Equal(x[1:]), "cache %v for %v", cache.Shape, x)
	}
	h, wd := x[1], x[2]
	if a.Up {
		h, wd = 2*h, 2*wd
	}
	size := func(n, k, stride int) int { return (n-k)/stride + 1 }
	out.Shape = tensor.Shape{
		size(front+x[0], k[0], a.Stride[0]),
		size(h+a.Pad[0]+a.Pad[1], k[1], a.Stride[1]),
		size(wd+a.Pad[2]+a.Pad[3], k[2], a.Stride[2]),
		w.Shape[0],
	}
	out.want(front+x[0] >= k[0] && out.Shape[1] > 0 && out.Shape[2] > 0, "%v is too small for %v", x, w.Shape)
	return out
}
