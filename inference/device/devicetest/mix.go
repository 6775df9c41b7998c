package devicetest

import (
	"fmt"
	"math"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

func mixCases() (cases []Case) {
	d := roll(20)
	for _, parts := range []int{1, 2, 5, 9} {
		in := map[string]Tensor{}
		c := make([]float64, parts)
		for i := range c {
			c[i] = d.NormFloat64()
			in[fmt.Sprint("x", i)] = d.tensor(1, 3, 7, 5)
		}
		in["c"] = Tensor{[]int{parts}, c}
		cases = append(cases, Case{
			Name: fmt.Sprint(parts),
			Draw: func(s *graph.Scope) *graph.Node {
				var n []*graph.Node
				for i := range parts {
					n = append(n, s.Input(fmt.Sprint("x", i), tensor.F32, 3, 7, 5))
				}
				return graph.MixOf(s.Input("c", tensor.F64, parts), n...)
			},
			Passes: []Pass{{In: in, Want: func(func(float64) float64) Result {
				r := Result{V: make([]float64, 105), Mag: make([]float64, 105)}
				for i, w := range c {
					for j, x := range in[fmt.Sprint("x", i)].f() {
						r.V[j] += w * x
					}
				}
				for j, v := range r.V {
					r.Mag[j] = math.Abs(v) + 1e-9 // the sum is exact; only the result is rounded
				}
				return r
			}}},
		})
	}
	return cases
}
