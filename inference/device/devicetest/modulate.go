package devicetest

import (
	"fmt"
	"math"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// tables are rows, groups and vectors of modulation tables, and the length of a row.
var tables = []struct{ rows, groups, vectors, dim int }{{6, 1, 2, 16}, {12, 3, 6, 33}, {10, 5, 9, 1028}, {4, 2, 3, 1}}

// at is the entry of vector v of the table that serves element i.
func tableAt(t []float64, i, rows, groups, vectors, dim, v int) float64 {
	return t[(i/dim/(rows/groups)*vectors+v)*dim+i%dim]
}

func modulateCases() (cases []Case) {
	d := roll(8)
	for _, k := range tables {
		x, table := d.tensor(1, k.rows, k.dim), d.tensor(1, k.groups, k.vectors, k.dim)
		cases = append(cases, Case{
			Name: fmt.Sprint(k),
			Draw: func(s *graph.Scope) *graph.Node {
				return s.Input("x", tensor.F32, k.rows, k.dim).Modulate(s.Input("table", tensor.F32, table.Shape...), 0, k.vectors-1)
			},
			Passes: []Pass{{In: map[string]Tensor{"x": x, "table": table}, Want: func(func(float64) float64) Result {
				var r Result
				tv := table.f()
				for i, v := range x.f() {
					shift := tableAt(tv, i, k.rows, k.groups, k.vectors, k.dim, 0)
					scale := tableAt(tv, i, k.rows, k.groups, k.vectors, k.dim, k.vectors-1)
					r.V = append(r.V, v*(1+scale)+shift)
					r.Mag = append(r.Mag, math.Abs(v)*(1+math.Abs(scale))+math.Abs(shift))
				}
				return r
			}}},
		})
	}
	return cases
}
