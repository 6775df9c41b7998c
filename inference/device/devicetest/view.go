package devicetest

import (
	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// viewCases read slices and other shapes of inputs and of weights.
func viewCases() []Case {
	d := roll(1)
	x, w := d.tensor(1, 7, 5), d.tensor(1, 9, 5)
	cases := []Case{}
	for _, dt := range []tensor.DType{tensor.F32, tensor.BF16} {
		e, wv := w.stored(dt)
		cases = append(cases, Case{
			Name: "slices " + dt.String(), Weights: weights.Map{"w": e},
			Draw: func(s *graph.Scope) *graph.Node {
				return s.Input("x", tensor.F32, 7, 5).Slice(2, 6).Add(s.Weight("w", 9, 5).Slice(3, 7)).View(2, 10)
			},
			Passes: []Pass{{In: map[string]Tensor{"x": x}, Want: func(func(float64) float64) Result {
				var v []float64
				for i := range 20 {
					v = append(v, x.f()[10+i]+wv[15+i])
				}
				return exactly(v)
			}}},
		})
	}
	return cases
}
