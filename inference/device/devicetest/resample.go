package devicetest

import (
	"fmt"
	"math"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

type dupUpCase struct {
	x   [4]int
	out int
	a   graph.ResampleAttr
}

var dupUps = []dupUpCase{
	{[4]int{1, 3, 2, 8}, 8, graph.ResampleAttr{Time: 2, Space: 2, Skip: 1}}, {[4]int{2, 3, 5, 6}, 3, graph.ResampleAttr{Time: 1, Space: 2}},
	{[4]int{3, 2, 3, 4}, 6, graph.ResampleAttr{Time: 2, Space: 2}}, {[4]int{2, 1, 3, 8}, 4, graph.ResampleAttr{Time: 2, Space: 1}},
}

// of repeats the channels of x and deals them out as (out, t, y, x).
func (k dupUpCase) of(x []float64) []float64 {
	ft, f := k.a.Time, k.a.Space
	repeats := k.out * ft * f * f / k.x[3]
	T, H, W := k.x[0]*ft, k.x[1]*f, k.x[2]*f
	v := make([]float64, T*H*W*k.out)
	for i, e := range x {
		c, xx, y, t := i%k.x[3], i/k.x[3]%k.x[2], i/k.x[3]/k.x[2]%k.x[1], i/k.x[3]/k.x[2]/k.x[1]
		for r := range repeats {
			j := c*repeats + r
			o, dt, dy, dx := j/(ft*f*f), j/(f*f)%ft, j/f%f, j%f
			v[(((t*ft+dt)*H+y*f+dy)*W+xx*f+dx)*k.out+o] = e
		}
	}
	return v[k.a.Skip*H*W*k.out:]
}

func dupUpCases() (cases []Case) {
	d := roll(17)
	for _, k := range dupUps {
		x := d.tensor(1, k.x[:]...)
		cases = append(cases, Case{
			Name:   fmt.Sprint(k),
			Draw:   func(s *graph.Scope) *graph.Node { return s.Input("x", tensor.F32, k.x[:]...).DupUp(k.out, k.a) },
			Passes: []Pass{{In: map[string]Tensor{"x": x}, Want: func(func(float64) float64) Result { return exactly(k.of(x.f())) }}},
		})
	}
	return cases
}

func addDupUpCases() (cases []Case) {
	d := roll(23)
	for _, k := range dupUps {
		x := d.tensor(1, k.x[:]...)
		to := d.tensor(1, k.x[0]*k.a.Time-k.a.Skip, k.x[1]*k.a.Space, k.x[2]*k.a.Space, k.out)
		cases = append(cases, Case{
			Name: fmt.Sprint(k),
			Draw: func(s *graph.Scope) *graph.Node {
				return s.Input("to", tensor.F32, to.Shape...).AddDupUp(s.Input("x", tensor.F32, k.x[:]...), k.a)
			},
			Passes: []Pass{{In: map[string]Tensor{"x": x, "to": to}, Want: func(func(float64) float64) (r Result) {
				for i, v := range k.of(x.f()) {
					r.V, r.Mag = append(r.V, to.f()[i]+v), append(r.Mag, math.Abs(to.f()[i])+math.Abs(v))
				}
				return r
			}}},
		})
	}
	return cases
}

func avgDownCases() (cases []Case) {
	d := roll(18)
	for _, k := range []struct {
		x   [4]int
		out int
		a   graph.ResampleAttr
	}{
		{[4]int{1, 4, 6, 3}, 6, graph.ResampleAttr{Time: 2, Space: 2, Skip: 1}}, {[4]int{2, 4, 2, 5}, 10, graph.ResampleAttr{Time: 1, Space: 2}},
		{[4]int{4, 2, 4, 4}, 8, graph.ResampleAttr{Time: 2, Space: 2}}, {[4]int{2, 3, 5, 4}, 2, graph.ResampleAttr{Time: 1, Space: 1}},
	} {
		x := d.tensor(1, k.x[:]...)
		cases = append(cases, Case{
			Name: fmt.Sprint(k),
			Draw: func(s *graph.Scope) *graph.Node { return s.Input("x", tensor.F32, k.x[:]...).AvgDown(k.out, k.a) },
			Passes: []Pass{{In: map[string]Tensor{"x": x}, Want: func(func(float64) float64) Result {
				ft, f := k.a.Time, k.a.Space
				T, H, W := (k.x[0]+k.a.Skip)/ft, k.x[1]/f, k.x[2]/f
				group := k.x[3] * ft * f * f / k.out
				n := T * H * W * k.out
				r := Result{V: make([]float64, n), Mag: make([]float64, n), Terms: group}
				for i, e := range x.f() {
					c, xx, y, t := i%k.x[3], i/k.x[3]%k.x[2], i/k.x[3]/k.x[2]%k.x[1], i/k.x[3]/k.x[2]/k.x[1]+k.a.Skip
					o := (((c*ft+t%ft)*f+y%f)*f + xx%f) / group
					at := ((t/ft*H+y/f)*W+xx/f)*k.out + o
					r.V[at] += e / float64(group)
					r.Mag[at] += math.Abs(e) / float64(group)
				}
				return r
			}}},
		})
	}
	return cases
}
