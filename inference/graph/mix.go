package graph

import "kinora/inference/tensor"

// MixOf returns the sum of parts, each times its own number in the float64
// vector c: what samplers do to latents. The sum is taken in float64.
func MixOf(c *Node, parts ...*Node) *Node {
	out := parts[0].op(Mix, parts[0].Shape, nil, append([]*Node{c}, parts...)...)
	out.want(c.DType == tensor.F64 && c.Shape.Len() == len(parts), "%v for %d parts", c.Shape, len(parts))
	for _, p := range parts {
		out.want(p.Shape.Equal(out.Shape), "%v and %v", out.Shape, p.Shape)
	}
	return out
}
