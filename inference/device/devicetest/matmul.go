package devicetest

import (
	"fmt"
	"math"

	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

func matmulCases() (cases []Case) {
	d := roll(6)
	for _, k := range []struct {
		m, k, n int
		bias    bool
		act     graph.ActKind
		dtype   tensor.DType
	}{
		{1, 16, 8, false, graph.NoAct, tensor.F32},
		{5, 33, 17, true, graph.GELU, tensor.F32},
		{70, 96, 67, true, graph.SiLU, tensor.F32},
		{1, 64, 130, true, graph.SiLU, tensor.BF16},
		{3, 7, 5, true, graph.NoAct, tensor.BF16},
		{77, 100, 66, true, graph.GELU, tensor.BF16},
		{130, 264, 72, false, graph.NoAct, tensor.BF16},
		{33, 96, 136, true, graph.NoAct, tensor.F16},
		{9, 21, 3, false, graph.SiLU, tensor.F16},
		{270, 520, 301, true, graph.GELU, tensor.BF16},
		{9, 24, 11, true, graph.GELU, tensor.F8E4M3},
		{3, 13, 7, true, graph.NoAct, tensor.F8E5M2},
		{5, 64, 70, true, graph.NoAct, tensor.Q4_0},
		{5, 32, 9, false, graph.NoAct, tensor.Q4_1},
		{5, 96, 9, true, graph.NoAct, tensor.Q5_0},
		{5, 32, 9, false, graph.NoAct, tensor.Q5_1},
		{67, 96, 70, true, graph.SiLU, tensor.Q8_0},
		{5, 256, 9, false, graph.NoAct, tensor.Q2K},
		{5, 512, 9, false, graph.NoAct, tensor.Q3K},
		{5, 256, 9, true, graph.NoAct, tensor.Q4K},
		{5, 256, 9, false, graph.NoAct, tensor.Q5K},
		{5, 512, 9, false, graph.NoAct, tensor.Q6K},
		{5, 64, 9, false, graph.NoAct, tensor.IQ4NL},
		{5, 256, 9, false, graph.NoAct, tensor.IQ4XS},
	} {
		x := d.tensor(1, k.m, k.k)
		e, w := d.tensor(1/math.Sqrt(float64(k.k)), k.n, k.k).stored(k.dtype)
		vector := k.dtype
		if bits(vector) == 24 {
			vector = tensor.F32 // vectors are not packed
		}
		be, b := d.tensor(0.5, k.n).stored(vector)
		ws := weights.Map{"w": e}
		if k.bias {
			ws["b"] = be
		} else {
			b = make([]float64, k.n)
		}
		cases = append(cases, Case{
			Name: fmt.Sprintf("%dx%dx%d %v %v", k.m, k.k, k.n, k.dtype, k.act), Weights: ws,
			Draw: func(s *graph.Scope) *graph.Node {
				var bias *graph.Node
				if k.bias {
					bias = s.Weight("b", k.n)
				}
				return s.Input("x", tensor.F32, k.m, k.k).Linear(s.Weight("w", k.n, k.k), bias, k.act)
			},
			Passes: []Pass{{In: map[string]Tensor{"x": x}, Want: func(round func(float64) float64) Result {
				return linear(x.f(), w, b, k.m, k.n, k.k, k.act, round)
			}}},
		})
	}
	return cases
}

// linear is act(x·wᵀ + b) of m rows.
func linear(x, w, b []float64, m, n, k int, a graph.ActKind, round func(float64) float64) Result {
	r := Result{Terms: k}
	x, w = each(x, round), each(w, round)
	for i := range m {
		for j := range n {
			sum, mag := b[j], math.Abs(b[j])
			for l := range k {
				p := x[i*k+l] * w[j*k+l]
				sum, mag = sum+p, mag+math.Abs(p)
			}
			r.V, r.Mag = append(r.V, activate(a, sum)), append(r.Mag, mag)
		}
	}
	return r
}

// each is f of every number.
func each(v []float64, f func(float64) float64) []float64 {
	r := make([]float64, len(v))
	for i := range v {
		r[i] = f(v[i])
	}
	return r
}
