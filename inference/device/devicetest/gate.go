package devicetest

import (
	"fmt"
	"math"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

func gateCases() (cases []Case) {
	d := roll(9)
	for _, k := range tables {
		x, y, table := d.tensor(1, k.rows, k.dim), d.tensor(1, k.rows, k.dim), d.tensor(1, k.groups, k.vectors, k.dim)
		cases = append(cases, Case{
			Name: fmt.Sprint(k),
			Draw: func(s *graph.Scope) *graph.Node {
				n := s.Input("x", tensor.F32, k.rows, k.dim)
				return n.Gate(s.Input("y", tensor.F32, k.rows, k.dim), s.Input("table", tensor.F32, table.Shape...), k.vectors-1)
			},
			Passes: []Pass{{In: map[string]Tensor{"x": x, "y": y, "table": table}, Want: func(func(float64) float64) Result {
				var r Result
				yv, tv := y.f(), table.f()
				for i, v := range x.f() {
					p := yv[i] * tableAt(tv, i, k.rows, k.groups, k.vectors, k.dim, k.vectors-1)
					r.V, r.Mag = append(r.V, v+p), append(r.Mag, math.Abs(v)+math.Abs(p))
				}
				return r
			}}},
		})
	}
	return cases
}
