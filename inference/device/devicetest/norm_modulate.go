package devicetest

import (
	"fmt"
	"math"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

func normModulateCases() (cases []Case) {
	d := roll(10)
	for _, k := range []struct{ rows, groups, vectors, dim int }{{6, 1, 2, 16}, {12, 3, 6, 33}, {10, 5, 9, 1028}} {
		x, table := d.tensor(2, k.rows, k.dim), d.tensor(1, k.groups, k.vectors, k.dim)
		cases = append(cases, Case{
			Name: fmt.Sprint(k),
			Draw: func(s *graph.Scope) *graph.Node {
				return s.Input("x", tensor.F32, k.rows, k.dim).NormModulate(1e-6, s.Input("table", tensor.F32, table.Shape...), 1, 0)
			},
			Passes: []Pass{{In: map[string]Tensor{"x": x, "table": table}, Want: func(func(float64) float64) Result {
				var r Result
				tv := table.f()
				for row := range k.rows {
					v, mag := normal(graph.NormAttr{Kind: graph.LayerNorm, Eps: 1e-6}, x.f()[row*k.dim:][:k.dim])
					for j, e := range v {
						i := row*k.dim + j
						shift := tableAt(tv, i, k.rows, k.groups, k.vectors, k.dim, 1)
						scale := tableAt(tv, i, k.rows, k.groups, k.vectors, k.dim, 0)
						r.V = append(r.V, e*(1+scale)+shift)
						r.Mag = append(r.Mag, mag*(1+math.Abs(scale))+math.Abs(shift))
					}
				}
				return r
			}}},
		})
	}
	return cases
}
