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
		scales  int // numbers that the weight is multiplied by
	}{
		{1, 16, 8, false, graph.NoAct, tensor.F32, 0},
		{5, 33, 17, true, graph.GELU, tensor.F32, 0},
		{70, 96, 67, true, graph.SiLU, tensor.F32, 0},
		{1, 64, 130, true, graph.SiLU, tensor.BF16, 0},
		{3, 7, 5, true, graph.NoAct, tensor.BF16, 0},
		{77, 100, 66, true, graph.GELU, tensor.BF16, 0},
		{130, 264, 72, false, graph.NoAct, tensor.BF16, 0},
		{33, 96, 136, true, graph.NoAct, tensor.F16, 0},
		{9, 21, 3, false, graph.SiLU, tensor.F16, 0},
		{270, 520, 301, true, graph.GELU, tensor.BF16, 0},
		{9, 24, 11, true, graph.GELU, tensor.F8E4M3, 0},
		{3, 13, 7, true, graph.NoAct, tensor.F8E5M2, 0},
		{5, 64, 70, true, graph.NoAct, tensor.Q4_0, 0},
		{5, 32, 9, false, graph.NoAct, tensor.Q4_1, 0},
		{5, 96, 9, true, graph.NoAct, tensor.Q5_0, 0},
		{5, 32, 9, false, graph.NoAct, tensor.Q5_1, 0},
		{67, 96, 70, true, graph.SiLU, tensor.Q8_0, 0},
		{5, 256, 9, false, graph.NoAct, tensor.Q2K, 0},
		{5, 512, 9, false, graph.NoAct, tensor.Q3K, 0},
		{5, 256, 9, true, graph.NoAct, tensor.Q4K, 0},
		{5, 256, 9, false, graph.NoAct, tensor.Q5K, 0},
		{5, 512, 9, false, graph.NoAct, tensor.Q6K, 0},
		{5, 64, 9, false, graph.NoAct, tensor.IQ4NL, 0},
		{5, 256, 9, false, graph.NoAct, tensor.IQ4XS, 0},
		{9, 24, 11, true, graph.GELU, tensor.F8E4M3, 1},
		{9, 13, 11, true, graph.SiLU, tensor.F8E4M3, 11},
		{70, 40, 66, false, graph.NoAct, tensor.F8E5M2, 66},
	} {
		x := d.tensor(1, k.m, k.k)
		e, w := d.tensor(1/math.Sqrt(float64(k.k)), k.n, k.k).stored(k.dtype)
		vector := k.dtype
		if bits(vector) == 24 {
			vector = tensor.F32 // vectors are not packed
		}
		be, b := d.tensor(0.5, k.n).stored(vector)
		ws := weights.Map{"w": e}
		if k.scales > 0 {
			es, by := d.tensor(0.1, k.scales).stored(tensor.F32)
			ws["s"] = es
			for i := range w {
				w[i] = float64(float32(w[i] * by[i/k.k*k.scales/k.n]))
			}
		}
		if k.bias {
			ws["b"] = be
		} else {
			b = make([]float64, k.n)
		}
		cases = append(cases, Case{
			Name: fmt.Sprintf("%dx%dx%d %v %v %d scales", k.m, k.k, k.n, k.dtype, k.act, k.scales), Weights: ws,
			Draw: func(s *graph.Scope) *graph.Node {
				var bias, scale *graph.Node
				if k.bias {
					bias = s.Weight("b", k.n)
				}
				if k.scales > 0 {
					scale = s.Weight("s", k.scales)
				}
				return s.Input("x", tensor.F32, k.m, k.k).ScaledLinear(s.Weight("w", k.n, k.k), scale, bias, k.act)
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
