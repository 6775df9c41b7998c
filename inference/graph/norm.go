package graph

// A NormKind says over what, and with which statistics, values are normalised.
type NormKind uint8

// The norms, all over the last dimension: LayerNorm subtracts the mean; RMSNorm
// does not; ChannelNorm divides by max(‖x‖₂, 1e-12)/√C, as the VAE does.
const (
	LayerNorm NormKind = iota
	RMSNorm
	ChannelNorm
)

func (k NormKind) String() string { return [...]string{"layer", "rms", "channel"}[k] }

// NormAttr holds the constants of a norm; Act is applied to its result.
type NormAttr struct {
	Kind NormKind
	Eps  float32
	Act  ActKind
}

// Normalise returns the norm of n, times weight, plus bias; either may be nil,
// and a bias needs a weight.
func (n *Node) Normalise(a NormAttr, weight, bias *Node) *Node {
	in := []*Node{n}
	for _, p := range []*Node{weight, bias} {
		if p != nil {
			in = append(in, p)
		}
	}
	out := n.op(Norm, n.Shape, a, in...)
	for _, p := range in[1:] {
		out.want(p.Shape.Len() == n.Shape[len(n.Shape)-1], "weight %v for %v", p.Shape, n.Shape)
	}
	out.want(bias == nil || weight != nil, "bias without weight")
	return out
}
