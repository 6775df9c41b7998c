package graph

// ModulateAttr picks the vectors of a modulation table.
type ModulateAttr struct{ Shift, Scale int }

// Modulate returns n·(1+scale) + shift for rows n [rows, dim] and a table
// [groups, vectors, dim] of which each group serves rows/groups rows in turn.
func (n *Node) Modulate(table *Node, shift, scale int) *Node {
	out := n.op(Modulate, n.Shape, ModulateAttr{shift, scale}, n, table)
	out.wantTable(n, table, max(shift, scale))
	return out
}

func (n *Node) wantTable(rows, table *Node, top int) {
	n.want(len(rows.Shape) == 2 && len(table.Shape) == 3 && table.Shape[2] == rows.Shape[1] &&
		rows.Shape[0]%table.Shape[0] == 0 && top < table.Shape[1], "%v by %v", rows.Shape, table.Shape)
}
