package devicetest

import (
	"fmt"
	"math"

	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

func normCases() (cases []Case) {
	d := roll(7)
	for _, k := range []struct {
		kind         graph.NormKind
		rows, dim    int
		weight, bias bool
		act          graph.ActKind
		dtype        tensor.DType
	}{
		{graph.LayerNorm, 5, 48, false, false, graph.NoAct, tensor.F32},
		{graph.LayerNorm, 3, 1537, true, true, graph.NoAct, tensor.F32},
		{graph.LayerNorm, 9, 3072, true, true, graph.NoAct, tensor.BF16},
		{graph.RMSNorm, 7, 33, true, false, graph.NoAct, tensor.F32},
		{graph.RMSNorm, 2, 2048, true, false, graph.NoAct, tensor.BF16},
		{graph.ChannelNorm, 67, 24, true, false, graph.SiLU, tensor.F32},
		{graph.ChannelNorm, 11, 256, true, true, graph.SiLU, tensor.F16},
		{graph.RMSNorm, 4, 1, false, false, graph.GELU, tensor.F32},
	} {
		x := d.tensor(1.5, k.rows, k.dim)
		for i, v := range x.Data.([]float32) {
			x.Data.([]float32)[i] = v + 0.75
		}
		ws := weights.Map{}
		one := make([]float64, k.dim)
		for i := range one {
			one[i] = 1
		}
		w, b := one, make([]float64, k.dim)
		if k.weight {
			ws["w"], w = d.tensor(1, k.dim).stored(k.dtype)
		}
		if k.bias {
			ws["b"], b = d.tensor(1, k.dim).stored(k.dtype)
		}
		attr := graph.NormAttr{Kind: k.kind, Eps: 1e-6, Act: k.act}
		cases = append(cases, Case{
			Name: fmt.Sprintf("%v %dx%d %v", k.kind, k.rows, k.dim, k.dtype), Weights: ws,
			Draw: func(s *graph.Scope) *graph.Node {
				var wn, bn *graph.Node
				if k.weight {
					wn = s.Weight("w", k.dim)
				}
				if k.bias {
					bn = s.Weight("b", k.dim)
				}
				return s.Input("x", tensor.F32, k.rows, k.dim).Normalise(attr, wn, bn)
			},
			Passes: []Pass{{In: map[string]Tensor{"x": x}, Want: func(func(float64) float64) Result {
				var r Result
				for i := range k.rows {
					v, mag := normal(attr, x.f()[i*k.dim:][:k.dim])
					for j := range v {
						y := v[j]*w[j] + b[j]
						r.V = append(r.V, activate(k.act, y))
						r.Mag = append(r.Mag, mag*math.Abs(w[j])+math.Abs(b[j]))
					}
				}
				return r
			}}},
		})
	}
	return cases
}

// normal normalises a row, and tells how large its largest number and mean are
// after that: what a difference of large numbers loses.
func normal(a graph.NormAttr, x []float64) (v []float64, mag float64) {
	n, mean, sum, top := float64(len(x)), 0.0, 0.0, 0.0
	for _, e := range x {
		top = max(top, math.Abs(e))
		if a.Kind == graph.LayerNorm {
			mean += e / n
		}
	}
	for _, e := range x {
		sum += (e - mean) * (e - mean)
	}
	by := 1 / math.Sqrt(sum/n+float64(a.Eps))
	if a.Kind == graph.ChannelNorm {
		by = math.Sqrt(n) / max(math.Sqrt(sum), 1e-12)
	}
	for _, e := range x {
		v = append(v, (e-mean)*by)
	}
	return v, (top + math.Abs(mean)) * by
}
