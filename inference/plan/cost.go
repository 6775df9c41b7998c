package plan

import "kinora/inference/graph"

// Flops estimates the floating-point operations of a run, a multiply and an add
// counted as two: products, convolutions and attention, which are nearly all.
func (p *Plan) Flops() float64 {
	var sum float64
	for _, s := range p.Steps {
		if s.Node == nil {
			continue
		}
		in := s.Node.In
		switch s.Node.Op {
		case graph.MatMul:
			sum += 2 * float64(s.Node.Shape.Len()) * float64(in[1].Shape[1])
		case graph.Conv3D:
			sum += 2 * float64(s.Node.Shape.Len()) * float64(in[1].Shape[1:].Len())
		case graph.Attention:
			a := s.Node.Attr.(graph.AttentionAttr)
			keys := float64(in[1].Shape[0])
			if a.Frames > 0 {
				seen := min(float64(2*a.Window+1), float64(a.Frames))
				if a.Window < 0 {
					seen = float64(a.Frames)
				}
				switch {
				case a.Span == graph.InFrame:
					keys /= float64(a.Frames)
				case a.Span == graph.AtPixel:
					keys = seen
				default:
					keys *= seen / float64(a.Frames)
				}
			}
			sum += 4 * float64(s.Node.Shape.Len()) * keys
		}
	}
	return sum
}
