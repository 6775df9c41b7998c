package graph

// RoPEAttr says how many heads share a row.
type RoPEAttr struct{ Heads int }

// RoPE turns neighbouring pairs (2i, 2i+1) of every head of n [rows, heads·d] by
// the angles whose cosines and sines are given as [rows, d/2].
func (n *Node) RoPE(heads int, cos, sin *Node) *Node {
	out := n.op(RoPE, n.Shape, RoPEAttr{heads}, n, cos, sin)
	out.want(len(n.Shape) == 2 && n.Shape[1]%(2*heads) == 0, "%v in %d heads", n.Shape, heads)
	for _, t := range []*Node{cos, sin} {
		out.want(t.Shape.Equal([]int{n.Shape[0], n.Shape[1] / heads / 2}), "table %v for %v in %d heads", t.Shape, n.Shape, heads)
	}
	return out
}
