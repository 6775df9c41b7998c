package graph

// Add returns n + m. A shorter m is repeated over n's outer dimensions.
func (n *Node) Add(m *Node) *Node { return n.pairwise(Add, m) }

// Mul returns n × m. A shorter m is repeated over n's outer dimensions.
func (n *Node) Mul(m *Node) *Node { return n.pairwise(Mul, m) }

func (n *Node) pairwise(op Op, m *Node) *Node {
	out := n.op(op, n.Shape, nil, n, m)
	trail := len(n.Shape) - len(m.Shape)
	out.want(m.Shape.Len() == 1 || trail >= 0 && n.Shape[max(0, trail):].Equal(m.Shape), "%v and %v", n.Shape, m.Shape)
	return out
}
