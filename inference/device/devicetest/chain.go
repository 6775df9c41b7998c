package devicetest

import (
	"fmt"
	"math"

	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// chainCases are operations in the order in which models have them, where devices
// run several as one: a product and what is done with it, twice in a row so that
// the memory of one is the next one's.
func chainCases() (cases []Case) {
	d := roll(21)
	for _, dt := range []tensor.DType{tensor.F32, tensor.BF16} {
		for _, gate := range []bool{true, false} {
			const m, k = 70, 64
			x, table := d.tensor(1, m, k), d.tensor(1, 2, 3, k)
			e1, w1 := d.tensor(0.12, 2*k, k).stored(dt)
			e2, w2 := d.tensor(0.08, k, 2*k).stored(dt)
			be, b := d.tensor(0.5, 2*k).stored(dt)
			cases = append(cases, Case{
				Name: fmt.Sprint("feed-forward ", dt, " gate ", gate), Weights: weights.Map{"w1": e1, "w2": e2, "b": be},
				Draw: func(s *graph.Scope) *graph.Node {
					h := s.Input("x", tensor.F32, m, k)
					t := s.Input("table", tensor.F32, 2, 3, k)
					for range 2 {
						f := h.Linear(s.Weight("w1", 2*k, k), s.Weight("b", 2*k), graph.GELU).Linear(s.Weight("w2", k, 2*k), nil, graph.NoAct)
						if gate {
							h = h.Gate(f, t, 1)
						} else {
							h = h.Add(f)
						}
					}
					return h
				},
				Passes: []Pass{{In: map[string]Tensor{"x": x, "table": table}, Want: func(round func(float64) float64) Result {
					h := Result{V: x.f(), Mag: magnitude(x.f()), Terms: 8 * k}
					zero, tv := make([]float64, k), table.f()
					for range 2 {
						f := linear(h.V, w1, b, m, 2*k, k, graph.GELU, round)
						f = linear(f.V, w2, zero, m, k, 2*k, graph.NoAct, round)
						for i := range h.V {
							g := 1.0
							if gate {
								g = tableAt(tv, i, m, 2, 3, k, 1)
							}
							h.V[i] += g * f.V[i]
							h.Mag[i] += math.Abs(g) * f.Mag[i]
						}
					}
					return h
				}}},
			})
		}
	}
	for _, dt := range []tensor.DType{tensor.F32, tensor.BF16, tensor.F16} {
		const pixels, in, out = 2 * 5 * 9, 20, 12
		x, h := d.tensor(1, 2, 5, 9, in), d.tensor(1, 2, 5, 9, out)
		e, w := d.tensor(0.2, out, in).stored(dt)
		e.Shape = tensor.Shape{out, in, 1, 1, 1}
		cases = append(cases, Case{
			Name: fmt.Sprint("shortcut ", dt), Weights: weights.Map{"w": e},
			Draw: func(s *graph.Scope) *graph.Node {
				return s.Input("x", tensor.F32, x.Shape...).Conv3D(s.Weight("w", e.Shape...), nil, nil, graph.Conv3DAttr{}).Add(s.Input("h", tensor.F32, h.Shape...))
			},
			Passes: []Pass{{In: map[string]Tensor{"x": x, "h": h}, Want: func(round func(float64) float64) Result {
				r := linear(x.f(), w, make([]float64, out), pixels, out, in, graph.NoAct, round)
				for i, v := range h.f() {
					r.V[i] += v
					r.Mag[i] += math.Abs(v)
				}
				return r
			}}},
		})
	}
	return cases
}
