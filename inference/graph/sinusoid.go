package graph

import "kinora/inference/tensor"

// Sinusoid returns the timestep embedding [len(t), dim]: all cosines, then all
// sines, of t·10000^(−i/half). Source: sinusoidal_embedding_1d of the reference.
func (n *Node) Sinusoid(dim int) *Node {
	out := n.op(Sinusoid, tensor.Shape{n.Shape.Len(), dim}, nil, n)
	out.want(dim%2 == 0, "odd dimension %d", dim)
	return out
}
