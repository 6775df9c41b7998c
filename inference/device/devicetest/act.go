package devicetest

import (
	"math"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

func actCases() (cases []Case) {
	x := roll(5).tensor(3, 3, 341)
	edge := x.Data.([]float32)
	copy(edge, []float32{0, -0.001, 90, -90, 20, -20, 1e-30, -104, 600, -600})
	for _, a := range []graph.ActKind{graph.SiLU, graph.GELU} {
		cases = append(cases, Case{
			Name: a.String(),
			Draw: func(s *graph.Scope) *graph.Node {
				if n := s.Input("x", tensor.F32, 3, 341); a == graph.SiLU {
					return n.SiLU()
				} else {
					return n.GELU()
				}
			},
			Passes: []Pass{{In: map[string]Tensor{"x": x}, Want: func(func(float64) float64) Result {
				var r Result
				for _, v := range x.f() {
					r.V, r.Mag = append(r.V, activate(a, v)), append(r.Mag, math.Abs(v))
				}
				return r
			}}},
		})
	}
	return cases
}

func activate(a graph.ActKind, x float64) float64 {
	switch a {
	case graph.SiLU:
		return x / (1 + math.Exp(-x))
	case graph.GELU:
		return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	}
	return x
}
