package devicetest

import (
	"fmt"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

func permuteCases() (cases []Case) {
	d := roll(15)
	for _, k := range []struct{ shape, order []int }{
		{[]int{5, 7}, []int{1, 0}}, {[]int{3, 4, 6}, []int{1, 0, 2}}, {[]int{2, 3, 4, 5}, []int{0, 3, 1, 2}}, {[]int{33, 65}, []int{1, 0}},
		{[]int{2, 1, 3, 2, 4, 2, 5}, []int{0, 2, 4, 6, 1, 3, 5}}, {[]int{2, 3, 4}, []int{0, 1, 2}}, {[]int{2, 3, 2, 3, 2, 2}, []int{0, 1, 5, 2, 4, 3}},
		{[]int{3, 22, 17, 3, 2, 2}, []int{0, 1, 5, 2, 4, 3}}, {[]int{2, 23, 19, 36}, []int{0, 2, 1, 3}}, // more than one thread takes at a time
	} {
		x := d.tensor(1, k.shape...)
		cases = append(cases, Case{
			Name: fmt.Sprint(k.shape, k.order),
			Draw: func(s *graph.Scope) *graph.Node { return s.Input("x", tensor.F32, k.shape...).Permute(k.order...) },
			Passes: []Pass{{In: map[string]Tensor{"x": x}, Want: func(func(float64) float64) Result {
				xv := x.f()
				v := make([]float64, len(xv))
				for i := range v {
					at, rest := make([]int, len(k.order)), i
					for j := len(k.order) - 1; j >= 0; j-- {
						n := k.shape[k.order[j]]
						at[k.order[j]] = rest % n
						rest /= n
					}
					from := 0
					for j, n := range k.shape {
						from = from*n + at[j]
					}
					v[i] = xv[from]
				}
				return exactly(v)
			}}},
		})
	}
	return cases
}
