package graph

// KeepAttr says whether what the state held before counts.
type KeepAttr struct{ Fresh bool }

// Keep makes state hold the last frames of (state, then n), and is how causal
// caches move on; fresh takes the old state for zeros. Draw it after the last
// reader of the old state.
func (n *Node) Keep(state *Node, fresh bool) {
	out := n.op(Keep, state.Shape, KeepAttr{fresh}, n, state)
	out.want(state.Op == State && state.Shape[1:].Equal(n.Shape[1:]), "state %v of %v", state.Shape, n.Shape)
}
