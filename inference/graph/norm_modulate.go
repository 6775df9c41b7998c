package graph

// NormModulateAttr holds the constants of both halves.
type NormModulateAttr struct {
	Eps float32
	ModulateAttr
}

// NormModulate is a LayerNorm without parameters, then Modulate.
func (n *Node) NormModulate(eps float32, table *Node, shift, scale int) *Node {
	out := n.op(NormModulate, n.Shape, NormModulateAttr{eps, ModulateAttr{shift, scale}}, n, table)
	out.wantTable(n, table, max(shift, scale))
	return out
}

func normModulateMeaning(n *Node, in []*Node) *Node {
	a := n.Attr.(NormModulateAttr)
	return in[0].Normalise(NormAttr{Kind: LayerNorm, Eps: a.Eps}, nil, nil).Modulate(in[1], a.Shift, a.Scale)
}
