package devicetest

import (
	"fmt"
	"math"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

func ropeCases() (cases []Case) {
	d := roll(11)
	for _, k := range []struct{ rows, heads, d int }{{5, 1, 2}, {7, 3, 10}, {9, 4, 128}} {
		x := d.tensor(1, k.rows, k.heads*k.d)
		cos, sin := d.tensor(1, k.rows, k.d/2), d.tensor(1, k.rows, k.d/2)
		for i, a := range cos.Data.([]float32) {
			cos.Data.([]float32)[i], sin.Data.([]float32)[i] = float32(math.Cos(float64(a))), float32(math.Sin(float64(a)))
		}
		cases = append(cases, Case{
			Name: fmt.Sprint(k),
			Draw: func(s *graph.Scope) *graph.Node {
				return s.Input("x", tensor.F32, x.Shape...).RoPE(k.heads, s.Input("cos", tensor.F32, cos.Shape...), s.Input("sin", tensor.F32, sin.Shape...))
			},
			Passes: []Pass{{In: map[string]Tensor{"x": x, "cos": cos, "sin": sin}, Want: func(func(float64) float64) Result {
				xv, cv, sv := x.f(), cos.f(), sin.f()
				r := Result{V: make([]float64, len(xv)), Mag: make([]float64, len(xv))}
				for i := 0; i < len(xv); i += 2 {
					at := i/(k.heads*k.d)*k.d/2 + i%k.d/2
					a, b, c, s := xv[i], xv[i+1], cv[at], sv[at]
					r.V[i], r.V[i+1] = a*c-b*s, a*s+b*c
					r.Mag[i], r.Mag[i+1] = math.Abs(a)+math.Abs(b), math.Abs(a)+math.Abs(b)
				}
				return r
			}}},
		})
	}
	return cases
}
