package wan

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"kinora/inference/device"
	"kinora/inference/golden"
	"kinora/inference/graph"
	"kinora/inference/model"
	"kinora/inference/plan"
	"kinora/inference/tensor"
)

// TestBatchIsOneByOne: two prompts at once get what each gets alone, in every form
// of attention, with one timestep and with one for each frame, whether keys and
// values are remembered or worked out.
func TestBatchIsOneByOne(t *testing.T) {
	separable, err := New(model.Checkpoint{Name: "starter", Text: starterFile(t, "text_encoder"), Denoiser: starterFile(t, "dit"),
		VAE: starterFile(t, "vae")}, Config{})
	if err != nil {
		t.Fatal(err)
	}
	golden.Own(t)
	whole := ditOnly(t, "dit.weights")
	for _, k := range []struct {
		name   string
		m      *Wan
		shape  []int
		window int
	}{
		{"whole", whole, []int{5, 4, 6, whole.traits.Channels}, 0},
		{"windowed", whole, []int{5, 4, 6, whole.traits.Channels}, 1},
		{"separable", separable, []int{5, 6, 8, separable.traits.Channels}, 0},
		{"separable, narrower", separable, []int{5, 6, 8, separable.traits.Channels}, 1},
	} {
		for _, groups := range []int{1, k.shape[0] / k.m.traits.Patch[0]} {
			for _, remembered := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s, %d timesteps, remembered %v", k.name, groups, remembered), func(t *testing.T) {
					batchCase(t, k.m, k.shape, k.window, groups, remembered)
				})
			}
		}
	}
}

func batchCase(t *testing.T, m *Wan, shape []int, window, groups int, remembered bool) {
	dev, rng := newCPU(t), rand.New(rand.NewPCG(1, 2))
	noise := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(rng.NormFloat64())
		}
		return v
	}
	_, rows, _ := m.parts.Denoiser.Info("text_embedding.0.weight")
	text := tensor.Shape{m.cfg.TextLen / 2, rows[1]}
	conditions := make([]device.Program, 2)
	for i := range conditions {
		conditions[i] = load(t, dev, m.parts.Denoiser, nil, nil, func(s *graph.Scope) *graph.Node {
			if in := s.Input("text", tensor.F32, text...); remembered {
				return m.Condition(s, in, 0)
			} else {
				return m.Context(s, in, 0)
			}
		})
		write(t, conditions[i], "text", noise(text.Len()))
		run(t, conditions[i])
	}
	x, at := noise(tensor.Shape(shape).Len()), make([]float32, groups)
	for i := range at {
		at[i] = 900 - 100*float32(i)
	}
	predict := func(given ...device.Program) [][]float32 {
		g, err := graph.Build(m.parts.Denoiser.Info, func(s *graph.Scope) []*graph.Node {
			x, t := s.Input("x", tensor.F32, shape...), s.Input("t", tensor.F32, groups)
			var c []*graph.Node
			for i, p := range given {
				c = append(c, s.Input(fmt.Sprint("condition", i), tensor.F32, p.Out(0).Shape()...))
			}
			return m.Denoise(s, x, t, c, window)
		})
		if err != nil {
			t.Fatal(err)
		}
		p, err := plan.Compile(g, dev.Options())
		if err != nil {
			t.Fatal(err)
		}
		prog, err := dev.Load(p, m.parts.Denoiser, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer prog.Close()
		write(t, prog, "x", x)
		write(t, prog, "t", at)
		for i, c := range given {
			if err := prog.In(fmt.Sprint("condition", i)).Copy(c.Out(0)); err != nil {
				t.Fatal(err)
			}
		}
		run(t, prog)
		var out [][]float32
		for i := range given {
			out = append(out, read(t, prog, i))
		}
		return out
	}
	allowed := 0.
	if _, rounds := dev.(interface {
		RoundingOf(*plan.Plan) func(*graph.Node) tensor.DType
	}); rounds {
		allowed = 1e-2 // sums of another order may round to a neighbour
	}
	both := predict(conditions...)
	if off, top := distance(both[0], both[1]); off < 1e-3*top {
		t.Errorf("the prompts make no difference: %.3g of %.3g", off, top)
	}
	for i, c := range conditions {
		off, top := distance(both[i], predict(c)[0])
		if !(off <= allowed*top) {
			t.Errorf("prompt %d: off by %.3g of %.3g", i, off, top)
		}
	}
}
