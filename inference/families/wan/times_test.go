package wan

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"kinora/inference/golden"
	"kinora/inference/graph"
	"kinora/inference/model"
	"kinora/inference/tensor"
)

// What Times makes of all timesteps at once stands in for them: for one timestep, where a
// product of one row may add up in another order, and for one for each frame, with six
// vectors of modulation and with nine.
func TestTimes(t *testing.T) {
	separable, err := New(model.Checkpoint{Name: "starter", Text: starterFile(t, "text_encoder"), Denoiser: starterFile(t, "dit"),
		VAE: starterFile(t, "vae")}, Config{})
	if err != nil {
		t.Fatal(err)
	}
	golden.Own(t)
	for name, m := range map[string]*Wan{"whole": ditOnly(t, "dit.weights"), "separable": separable} {
		for _, groups := range []int{1, 5 / m.traits.Patch[0]} {
			t.Run(fmt.Sprintf("%s, %d timesteps", name, groups), func(t *testing.T) {
				dev, rng := newCPU(t), rand.New(rand.NewPCG(3, 4))
				all := []float32{0, 900, 800, 700, 655, 500}
				table := load(t, dev, m.parts.Denoiser, nil, nil, func(s *graph.Scope) *graph.Node {
					return m.Times(s, s.Input("t", tensor.F32, len(all)))
				})
				write(t, table, "t", all)
				run(t, table)
				rows, width := read(t, table, 0), table.Out(0).Shape()[1]
				at, made := all[1:1+groups], rows[width:(1+groups)*width]
				shape := []int{5, 6, 8, m.traits.Channels}
				x := make([]float32, tensor.Shape(shape).Len())
				condition := make([]float32, 3*m.dim)
				for _, v := range [][]float32{x, condition} {
					for i := range v {
						v[i] = float32(rng.NormFloat64())
					}
				}
				predict := func(t2 []float32, as ...int) []float32 {
					p := load(t, dev, m.parts.Denoiser, nil, nil, func(s *graph.Scope) *graph.Node {
						return m.Denoise(s, s.Input("x", tensor.F32, shape...), s.Input("t", tensor.F32, as...),
							[]*graph.Node{s.Input("condition", tensor.F32, 3, m.dim)}, 0)[0]
					})
					for name, v := range map[string][]float32{"x": x, "t": t2, "condition": condition} {
						write(t, p, name, v)
					}
					run(t, p)
					return read(t, p, 0)
				}
				want := predict(at, groups)
				off := func(got []float32) (most float64) {
					for i := range want {
						most = max(most, math.Abs(float64(got[i]-want[i])))
					}
					return most
				}
				if d := off(predict(made, groups, width)); d > 2e-5 {
					t.Errorf("a prediction that is off by %g", d)
				}
				if d := off(predict(rows[:groups*width], groups, width)); d < 1e-3 {
					t.Errorf("other timesteps make a difference of %g only, so that the test could not fail", d)
				}
			})
		}
	}
}
