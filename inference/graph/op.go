package graph

// An Op is one of the closed set of operations.
type Op uint8

// Every operation. The first four are places, not work. Those below Composite
// have a meaning of their own and every device must run them; those above may be
// taken apart by Decompose.
const (
	Input Op = iota
	Weight
	Const
	State
	View
	Copy
	Add
	Mul
	Act
	MatMul
	Norm
	Modulate
	Gate
	RoPE
	Attention
	Conv3D
	Keep
	Permute
	DupUp
	AvgDown
	Gather
	Concat
	Sinusoid
	Mix
	Composite // a mark, not an operation
	NormModulate
	AddDupUp
	NumOps
)

var names = [NumOps]string{
	Input: "input", Weight: "weight", Const: "const", State: "state", View: "view", Copy: "copy",
	Add: "add", Mul: "mul", Act: "act", MatMul: "matmul", Norm: "norm", Modulate: "modulate", Gate: "gate",
	RoPE: "rope", Attention: "attention", Conv3D: "conv3d", Keep: "keep", Permute: "permute",
	DupUp: "dupup", AvgDown: "avgdown", Gather: "gather", Concat: "concat", Sinusoid: "sinusoid", Mix: "mix",
	Composite: "composite", NormModulate: "norm_modulate", AddDupUp: "add_dupup",
}

func (o Op) String() string { return names[o] }

var meaning = [NumOps]func(n *Node, in []*Node) *Node{
	NormModulate: normModulateMeaning,
	AddDupUp:     addDupUpMeaning,
}

// Decompose draws a composite node again in smaller operations on in.
func Decompose(n *Node, in []*Node) *Node { return meaning[n.Op](n, in) }
