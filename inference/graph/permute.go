package graph

import "kinora/inference/tensor"

// PermuteAttr says which input dimension each output dimension is.
type PermuteAttr struct{ Order []int }

// Permute reorders dimensions and the data with them.
func (n *Node) Permute(order ...int) *Node {
	s := make(tensor.Shape, len(order))
	seen := make([]bool, len(order))
	for i, d := range order {
		if len(order) != len(n.Shape) || d < 0 || d >= len(order) || seen[d] {
			fail("permute: %v by %v", n.Shape, order)
		}
		s[i], seen[d] = n.Shape[d], true
	}
	return n.op(Permute, s, PermuteAttr{order}, n)
}
