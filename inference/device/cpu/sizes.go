package cpu

import (
	"kinora/inference/device"
	"kinora/inference/device/cpu/simd"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
)

// Sizes implements device.Sizer: beside the plan's own, the weights of
// convolutions in the order of the kernels, and small weights in float32.
func (c *cpu) Sizes(p *plan.Plan) (device.Sizes, error) {
	s := device.PlanSizes(p)
	for _, step := range p.Steps {
		if step.Node == nil {
			continue
		}
		for i, n := range step.Node.In {
			r, skip := root(n)
			if r.Op != graph.Weight {
				continue
			}
			name, stays := weightKey(r, skip), step.In[i].Region != plan.Staging
			switch {
			case step.Node.Op == graph.Conv3D && i == 1:
				w := convWeights(n.Shape, n.DType, nil)
				size := simd.PackedSize(c.pool, w)
				if stays {
					s.Shared["pack "+name] = size
				} else {
					s.Passing = max(s.Passing, size)
				}
			case raw(step.Node.Op, i) || n.DType == tensor.F32:
			case stays:
				s.Shared["wide "+name] = 4 * int64(n.Shape.Len())
			default:
				s.Passing = max(s.Passing, 4*int64(n.Shape.Len()))
			}
		}
	}
	return s, nil
}

// raw reports whether an operation reads input i as it is stored.
func raw(op graph.Op, i int) bool {
	return op == graph.MatMul && i == 1 || op == graph.Gather && i == 0 || op == graph.Copy || op == graph.Concat
}

// root follows views to the node they show, and counts the elements skipped.
func root(n *graph.Node) (r *graph.Node, skip int) {
	for n.Op == graph.View {
		skip += n.Attr.(graph.ViewAttr).Off
		n = n.In[0]
	}
	return n, skip
}
