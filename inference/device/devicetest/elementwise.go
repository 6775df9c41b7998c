package devicetest

import (
	"fmt"
	"math"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

var pairShapes = []struct{ x, y []int }{
	{[]int{5, 7}, []int{5, 7}}, {[]int{3, 4, 6}, []int{6}}, {[]int{3, 1025}, []int{1}}, {[]int{4, 3, 5}, []int{3, 5}}, {[]int{2, 4096}, []int{4096}},
}

func addCases() []Case {
	return pairs(3, (*graph.Node).Add, func(a, b float64) (v, mag float64) { return a + b, math.Abs(a) + math.Abs(b) })
}

func mulCases() []Case {
	return pairs(4, (*graph.Node).Mul, func(a, b float64) (v, mag float64) { return a * b, math.Abs(a * b) })
}

func pairs(seed uint64, op func(n, m *graph.Node) *graph.Node, f func(a, b float64) (v, mag float64)) (cases []Case) {
	d := roll(seed)
	for _, k := range pairShapes {
		x, y := d.tensor(1, k.x...), d.tensor(1, k.y...)
		cases = append(cases, Case{
			Name: fmt.Sprint(k.x, k.y),
			Draw: func(s *graph.Scope) *graph.Node {
				return op(s.Input("x", tensor.F32, k.x...), s.Input("y", tensor.F32, k.y...))
			},
			Passes: []Pass{{In: map[string]Tensor{"x": x, "y": y}, Want: func(func(float64) float64) Result {
				var r Result
				yv := y.f()
				for i, a := range x.f() {
					v, m := f(a, yv[i%len(yv)])
					r.V, r.Mag = append(r.V, v), append(r.Mag, m)
				}
				return r
			}}},
		})
	}
	return cases
}
