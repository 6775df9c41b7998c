package graph

import "kinora/inference/tensor"

// Join joins values along their outermost dimension.
func Join(parts ...*Node) *Node {
	first := parts[0]
	s := append(tensor.Shape{}, first.Shape...)
	for _, p := range parts[1:] {
		if !p.Shape[1:].Equal(first.Shape[1:]) {
			fail("concat: %v and %v", first.Shape, p.Shape)
		}
		s[0] += p.Shape[0]
	}
	return first.op(Concat, s, nil, parts...)
}
