package devicetest

import (
	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

func gatherCases() (cases []Case) {
	d := roll(19)
	for _, dt := range []tensor.DType{tensor.F32, tensor.BF16, tensor.F16} {
		for _, dim := range []int{5, 64} {
			e, table := d.tensor(1, 11, dim).stored(dt)
			ids := []int32{3, 10, 0, -1, 11, 3, 7}
			cases = append(cases, Case{
				Name: dt.String() + map[bool]string{true: " odd", false: ""}[dim == 5], Weights: weights.Map{"table": e},
				Draw: func(s *graph.Scope) *graph.Node {
					return s.Weight("table", 11, dim).Gather(s.Input("ids", tensor.I32, len(ids)))
				},
				Passes: []Pass{{In: map[string]Tensor{"ids": {[]int{len(ids)}, ids}}, Want: func(func(float64) float64) Result {
					v := make([]float64, len(ids)*dim)
					for i, id := range ids {
						if id >= 0 && id < 11 {
							copy(v[i*dim:(i+1)*dim], table[int(id)*dim:])
						}
					}
					return exactly(v)
				}}},
			})
		}
	}
	return cases
}
