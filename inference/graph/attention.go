package graph

// A Span says which keys a query sees.
type Span uint8

// The spans. Rows are ordered frame by frame, and inside a frame pixel by pixel.
const (
	Everywhere Span = iota // every key, or those of the frames within the window
	InFrame                // keys of the query's own frame: spatial attention
	AtPixel                // keys of the query's own pixel in the frames within the window
)

func (s Span) String() string { return [...]string{"full", "spatial", "temporal"}[s] }

// AttentionAttr holds the constants of attention.
type AttentionAttr struct {
	Heads int
	Scale float32 // of the logits
	Span  Span
	// Frames is how many frames the rows of queries and keys are; it matters
	// unless every query sees every key.
	Frames int
	Window int // frames to either side that are seen; negative: all
	// Repeats is how often the last key counts, as if it and its value were there so many
	// times; 0 and 1: once. Only where every query sees every key, and without a bias.
	Repeats int
}

// Attend returns softmax(scale·q·kᵀ + bias)·v for every head: q is [rows,
// heads·d], k and v are [keys, heads·d], bias is [heads, rows, keys] or nil.
func (n *Node) Attend(k, v, bias *Node, a AttentionAttr) *Node {
	in := []*Node{n, k, v}
	if bias != nil {
		in = append(in, bias)
	}
	out := n.op(Attention, n.Shape, a, in...)
	out.want(len(n.Shape) == 2 && len(k.Shape) == 2 && k.Shape.Equal(v.Shape) && n.Shape[1] == k.Shape[1] &&
		n.Shape[1]%a.Heads == 0, "q %v, k %v, v %v in %d heads", n.Shape, k.Shape, v.Shape, a.Heads)
	out.want(bias == nil || bias.Shape.Equal([]int{a.Heads, n.Shape[0], k.Shape[0]}), "bias %v for q %v, k %v", bias, n.Shape, k.Shape)
	out.want(a.Repeats <= 1 || a.Span == Everywhere && a.Window < 0 && bias == nil, "%d repeats of a key that not all see, or beside a bias", a.Repeats)
	if a.Span != Everywhere || a.Window >= 0 {
		out.want(a.Frames > 0 && n.Shape.Equal(k.Shape) && n.Shape[0]%a.Frames == 0 && bias == nil,
			"%v over %d frames of q %v, k %v", a.Span, a.Frames, n.Shape, k.Shape)
	}
	return out
}
