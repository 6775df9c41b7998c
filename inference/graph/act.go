package graph

// An ActKind is a function of one number.
type ActKind uint8

// The activations. GELU is the tanh approximation, as in the reference.
const (
	NoAct ActKind = iota
	SiLU
	GELU
)

func (k ActKind) String() string { return [...]string{"none", "silu", "gelu"}[k] }

// SiLU returns n·σ(n).
func (n *Node) SiLU() *Node { return n.op(Act, n.Shape, SiLU, n) }

// GELU returns the tanh approximation of GELU.
func (n *Node) GELU() *Node { return n.op(Act, n.Shape, GELU, n) }
