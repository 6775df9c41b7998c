package graph

// GateAttr picks the gate of a modulation table.
type GateAttr struct{ Vector int }

// Gate returns n + y·gate, the gated residual of a block; the table is as for
// Modulate.
func (n *Node) Gate(y, table *Node, vector int) *Node {
	out := n.op(Gate, n.Shape, GateAttr{vector}, n, y, table)
	out.want(n.Shape.Equal(y.Shape), "%v and %v", n.Shape, y.Shape)
	out.wantTable(n, table, vector)
	return out
}
