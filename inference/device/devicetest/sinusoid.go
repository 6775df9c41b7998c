package devicetest

import (
	"math"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

func sinusoidCases() (cases []Case) {
	for _, dim := range []int{2, 10, 256} {
		t := Tensor{[]int{5}, []float32{0, 1, 0.37, 999.5, 1000}}
		cases = append(cases, Case{
			Name: map[int]string{2: "two", 10: "ten", 256: "full"}[dim],
			Draw: func(s *graph.Scope) *graph.Node { return s.Input("t", tensor.F32, 5).Sinusoid(dim) },
			Passes: []Pass{{In: map[string]Tensor{"t": t}, Want: func(func(float64) float64) Result {
				r := Result{V: make([]float64, 5*dim), Mag: make([]float64, 5*dim)}
				for i, v := range t.f() {
					for j := range dim / 2 {
						a := v * math.Pow(10000, -float64(j)/float64(dim/2))
						r.V[i*dim+j], r.V[i*dim+dim/2+j] = math.Cos(a), math.Sin(a)
					}
				}
				for i := range r.Mag {
					r.Mag[i] = 1
				}
				return r
			}}},
		})
	}
	return cases
}
