package cpu

import (
	"fmt"
	"math"
	"testing"

	"kinora/inference/golden"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// in names the reference's tensors that a drawing takes; those with four
// dimensions are turned from channels first to channels last.
type in map[string]string

// unit runs a drawing on the case's tensors and compares its result.
func unit(t *testing.T, c *golden.Case, want string, inputs in, draw func(s *graph.Scope, x map[string]*graph.Node) *graph.Node) {
	t.Helper()
	dev := New(Options{})
	defer dev.Close()
	g, err := graph.Build(c.Tensors.Info, func(s *graph.Scope) []*graph.Node {
		x := map[string]*graph.Node{}
		for name, from := range inputs {
			x[name] = s.Input(name, tensor.F32, turned(c.Shape(t, from))...)
		}
		return []*graph.Node{draw(s, x)}
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Compile(g, dev.Options())
	if err != nil {
		t.Fatal(err)
	}
	prog, err := dev.Load(p, c.Tensors, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, from := range inputs {
		v := c.F32(t, from)
		if s := c.Shape(t, from); len(s) == 4 {
			v = turn(v, s[0], len(v)/s[0])
		}
		if err := prog.In(name).Write(tensor.Bytes(v)); err != nil {
			t.Fatal(err)
		}
	}
	if err := prog.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := make([]float32, prog.Out(0).Shape().Len())
	if err := prog.Out(0).Read(tensor.Bytes(got)); err != nil {
		t.Fatal(err)
	}
	if s := c.Shape(t, want); len(s) == 4 {
		got = turn(got, len(got)/s[0], s[0])
	}
	golden.Compare(t, c, want, got)
}

func turned(s tensor.Shape) []int {
	if len(s) != 4 {
		return s
	}
	return []int{s[1], s[2], s[3], s[0]}
}

func turn(v []float32, rows, cols int) []float32 {
	out := make([]float32, len(v))
	for i := range rows {
		for j := range cols {
			out[j*rows+i] = v[i*cols+j]
		}
	}
	return out
}

type nodes = map[string]*graph.Node

func TestGoldenNorms(t *testing.T) {
	c := golden.Open(t, "units")
	x := in{"x": "norm.in"}
	dim := c.Shape(t, "norm.weight")[0]
	w := func(s *graph.Scope) *graph.Node { return s.Weight("norm.weight", dim) }
	for want, draw := range map[string]func(s *graph.Scope, x nodes) *graph.Node{
		"norm.layer": func(_ *graph.Scope, x nodes) *graph.Node {
			return x["x"].Normalise(graph.NormAttr{Kind: graph.LayerNorm, Eps: 1e-6}, nil, nil)
		},
		"norm.layer_affine": func(s *graph.Scope, x nodes) *graph.Node {
			return x["x"].Normalise(graph.NormAttr{Kind: graph.LayerNorm, Eps: 1e-6}, w(s), s.Weight("norm.bias", dim))
		},
		"norm.rms": func(s *graph.Scope, x nodes) *graph.Node {
			return x["x"].Normalise(graph.NormAttr{Kind: graph.RMSNorm, Eps: 1e-6}, w(s), nil)
		},
		"norm.t5": func(s *graph.Scope, x nodes) *graph.Node {
			return x["x"].Normalise(graph.NormAttr{Kind: graph.RMSNorm, Eps: 1e-6}, w(s), nil)
		},
		"norm.vae": func(s *graph.Scope, x nodes) *graph.Node {
			return x["x"].Normalise(graph.NormAttr{Kind: graph.ChannelNorm}, w(s), nil)
		},
	} {
		t.Run(want, func(t *testing.T) { unit(t, c, want, x, draw) })
	}
}

func TestGoldenActivations(t *testing.T) {
	c := golden.Open(t, "units")
	for want, f := range map[string]func(*graph.Node) *graph.Node{
		"act.gelu_tanh": (*graph.Node).GELU, "act.t5_gelu": (*graph.Node).GELU, "act.silu": (*graph.Node).SiLU,
	} {
		unit(t, c, want, in{"x": "act.in"}, func(_ *graph.Scope, x nodes) *graph.Node { return f(x["x"]) })
	}
}

func TestGoldenSinusoid(t *testing.T) {
	c := golden.Open(t, "units")
	unit(t, c, "sinus.out", in{"t": "sinus.t"}, func(_ *graph.Scope, x nodes) *graph.Node {
		return x["t"].Sinusoid(c.Shape(t, "sinus.out")[1])
	})
}

func TestGoldenConv(t *testing.T) {
	c := golden.Open(t, "units")
	var calls struct {
		Calls struct {
			Conv struct {
				Cases []struct {
					I       int
					Padding [3]int
					Stride  [3]int
				}
			}
		}
	}
	golden.JSON(t, "units", &calls)
	for _, k := range calls.Calls.Conv.Cases {
		name := fmt.Sprintf("conv.%d.", k.I)
		c.Seen(name + "out")
		t.Run(name, func(t *testing.T) {
			unit(t, c, name+"out", in{"x": name + "in"}, func(s *graph.Scope, x nodes) *graph.Node {
				w, b := s.Weight(name+"weight", c.Shape(t, name+"weight")...), s.Weight(name+"bias", c.Shape(t, name+"bias")...)
				p := k.Padding
				a := graph.Conv3DAttr{Stride: k.Stride, Pad: [4]int{p[1], p[1], p[2], p[2]}}
				if kt := w.Shape[2]; p[0] == 0 && kt > 1 { // no zeros in front: the first frames are the cache
					n := x["x"].Shape[0]
					return x["x"].Slice(kt-1, n).Conv3D(w, b, x["x"].Slice(0, kt-1), a)
				}
				return x["x"].Conv3D(w, b, nil, a)
			})
		})
	}
	golden.Complete(t, c, golden.Unit("conv."))
}

func TestGoldenResample(t *testing.T) {
	c := golden.Open(t, "units")
	type shortcut struct {
		I          int
		Out        int  `json:"out_channels"`
		Time       int  `json:"factor_t"`
		Space      int  `json:"factor_s"`
		FirstChunk bool `json:"first_chunk"`
	}
	var calls struct {
		Calls struct{ AvgDown, DupUp []shortcut }
	}
	golden.JSON(t, "units", &calls)
	for _, k := range calls.Calls.AvgDown {
		name := fmt.Sprintf("avgdown.%d.", k.I)
		unit(t, c, name+"out", in{"x": name + "in"}, func(_ *graph.Scope, x nodes) *graph.Node {
			skip := (k.Time - x["x"].Shape[0]%k.Time) % k.Time
			return x["x"].AvgDown(k.Out, graph.ResampleAttr{Time: k.Time, Space: k.Space, Skip: skip})
		})
	}
	for _, k := range calls.Calls.DupUp {
		name := fmt.Sprintf("dupup.%d.", k.I)
		unit(t, c, name+"out", in{"x": name + "in"}, func(_ *graph.Scope, x nodes) *graph.Node {
			a := graph.ResampleAttr{Time: k.Time, Space: k.Space}
			if k.FirstChunk {
				a.Skip = k.Time - 1
			}
			return x["x"].DupUp(k.Out, a)
		})
	}
	golden.Complete(t, c, golden.Unit("avgdown."))
	golden.Complete(t, c, golden.Unit("dupup."))
}

// TestWindowedAttention checks the spans against full attention computed with a
// bias that shuts out what is not seen.
func TestWindowedAttention(t *testing.T) {
	const frames, rows, heads, dim = 5, 3, 2, 8
	n := frames * rows
	for _, a := range []graph.AttentionAttr{
		{Span: graph.InFrame, Window: -1}, {Span: graph.AtPixel, Window: 1}, {Span: graph.AtPixel, Window: -1},
		{Span: graph.Everywhere, Window: 0}, {Span: graph.Everywhere, Window: 2}, {Span: graph.Everywhere, Window: 9},
	} {
		a.Heads, a.Scale, a.Frames = heads, 0.3, frames
		bias := make([]float32, heads*n*n)
		for i := range bias {
			q, k := i/n%n, i%n
			far := q/rows - k/rows
			if far < 0 {
				far = -far
			}
			seen := a.Window < 0 || far <= a.Window
			switch a.Span {
			case graph.InFrame:
				seen = far == 0
			case graph.AtPixel:
				seen = seen && q%rows == k%rows
			}
			if !seen {
				bias[i] = float32(math.Inf(-1))
			}
		}
		full := graph.AttentionAttr{Heads: heads, Scale: 0.3, Window: -1}
		got := attend(t, n, heads*dim, a, nil)
		want := attend(t, n, heads*dim, full, bias)
		for i := range want {
			if d := math.Abs(float64(got[i] - want[i])); d > 1e-5 {
				t.Fatalf("%v window %d: element %d off by %g", a.Span, a.Window, i, d)
			}
		}
	}
}

func attend(t *testing.T, n, width int, a graph.AttentionAttr, bias []float32) []float32 {
	t.Helper()
	dev := New(Options{Threads: 2})
	defer dev.Close()
	g, err := graph.Build(nil, func(s *graph.Scope) []*graph.Node {
		var b *graph.Node
		if bias != nil {
			b = s.Const(bias, a.Heads, n, n)
		}
		x := func(name string) *graph.Node { return s.Input(name, tensor.F32, n, width) }
		return []*graph.Node{x("q").Attend(x("k"), x("v"), b, a)}
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Compile(g, dev.Options())
	if err != nil {
		t.Fatal(err)
	}
	prog, err := dev.Load(p, weights.Map{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"q", "k", "v"} {
		v := make([]float32, n*width)
		for j := range v {
			v[j] = float32(math.Sin(float64(j*(i+3)) * 0.37))
		}
		if err := prog.In(name).Write(tensor.Bytes(v)); err != nil {
			t.Fatal(err)
		}
	}
	if err := prog.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	out := make([]float32, n*width)
	if err := prog.Out(0).Read(tensor.Bytes(out)); err != nil {
		t.Fatal(err)
	}
	return out
}
