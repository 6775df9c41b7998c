package cuda

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// causal draws what the VAE does between two additions: norm, a convolution behind what it
// saw before, and what it saw now, kept.
func causal(t tensor.DType, ch int) (weights.Map, func(first bool) func(s *graph.Scope) []*graph.Node) {
	numbers := numbering()
	src := storedIn(numbers, ch, ch, 3, 3, 3)
	w := src["w"]
	if t != tensor.BF16 {
		w.DType, w.Data = t, make([]byte, t.Size(w.Shape.Len()))
		for i := range w.Data {
			w.Data[i] = byte(i%3) << 4
		}
		src["w"] = w
	}
	src["gamma"] = weights.Entry{DType: tensor.F32, Shape: tensor.Shape{ch}, Data: tensor.Bytes(numbers(ch, 1))}
	return src, func(first bool) func(s *graph.Scope) []*graph.Node {
		return func(s *graph.Scope) []*graph.Node {
			x := s.Input("x", tensor.F32, 3, 5, 7, ch)
			h := x.Normalise(graph.NormAttr{Kind: graph.ChannelNorm, Act: graph.SiLU}, s.Weight("gamma", ch), nil)
			state := s.State("cache", 2, 5, 7, ch)
			var cache *graph.Node
			if !first {
				cache = state
			}
			y := h.Conv3D(s.Weight("w", ch, ch, 3, 3, 3), nil, cache, graph.Conv3DAttr{Pad: [4]int{1, 1, 1, 1}})
			h.Keep(state, first)
			return []*graph.Node{x.Add(y)}
		}
	}
}

// What a convolution sees again in its next run is kept in 16 bits where it computes in
// them, from the first run on, and changes no bit of the result.
func TestKeptHalves(t *testing.T) {
	for _, c := range []struct {
		name string
		t    tensor.DType
		ch   int
		half bool
	}{
		{"bf16", tensor.BF16, 16, true},
		{"f16", tensor.F16, 8, true},
		{"channels that need padding", tensor.BF16, 12, false},
		{"f32", tensor.F32, 16, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			const runs = 3
			src, draw := causal(c.t, c.ch)
			n := 3 * 5 * 7 * c.ch
			r := rand.New(rand.NewPCG(7, 8))
			in := make([][]float32, runs)
			for i := range in {
				for range n {
					in[i] = append(in[i], float32(r.NormFloat64()))
				}
			}
			var outs [2][]float32
			var states [2]int64
			for i, wide := range []bool{true, false} {
				d := onHost(t, Options{Wide: wide}).(*Device)
				first := loaded(t, d, src, draw(true))
				p := compiled(t, d, src, draw(false))
				later, err := d.Load(p, src, first)
				if err != nil {
					t.Fatal(err)
				}
				states[i] = p.States["cache"].Slot.Size
				for j, x := range in {
					prog := later
					if j == 0 {
						prog = first
					}
					out := make([]float32, n)
					if err := errors.Join(prog.In("x").Write(tensor.Bytes(x)), prog.Run(context.Background()), prog.Out(0).Read(tensor.Bytes(out))); err != nil {
						t.Fatal(err)
					}
					outs[i] = append(outs[i], out...)
				}
				if err := later.Close(); err != nil {
					t.Error(err)
				}
			}
			if !slices.Equal(outs[0], outs[1]) {
				t.Error("states of 16 bits make another result")
			}
			want := states[0]
			if c.half {
				want /= 2
			}
			if states[1] != want || states[0] != int64(4*2*5*7*c.ch) {
				t.Errorf("the state takes %d bytes, and %d in float32", states[1], states[0])
			}
		})
	}
}

// A state stays in float32 where anything else reads it or what it keeps.
func TestKeptInFloat32(t *testing.T) {
	d := faked(t, newFake(), Options{})
	src, _ := causal(tensor.BF16, 16)
	for name, other := range map[string]func(x, state *graph.Node) *graph.Node{
		"the value": func(x, state *graph.Node) *graph.Node { return x.SiLU() },
		"the state": func(x, state *graph.Node) *graph.Node { return state.SiLU() },
	} {
		t.Run(name, func(t *testing.T) {
			p := compiled(t, d, src, func(s *graph.Scope) []*graph.Node {
				x := s.Input("x", tensor.F32, 3, 5, 7, 16).Normalise(graph.NormAttr{Kind: graph.ChannelNorm}, s.Weight("gamma", 16), nil)
				state := s.State("cache", 2, 5, 7, 16)
				y := x.Conv3D(s.Weight("w", 16, 16, 3, 3, 3), nil, state, graph.Conv3DAttr{Pad: [4]int{1, 1, 1, 1}})
				z := other(x, state)
				x.Keep(state, false)
				return []*graph.Node{y, z}
			})
			if port := p.States["cache"]; port.DType != tensor.F32 || port.Slot.Size != 4*2*5*7*16 {
				t.Errorf("the state is kept as %v, %d bytes", port.DType, port.Slot.Size)
			}
			if _, err := d.Load(p, src, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// A convolution of one tap rounds its pixels a band at a time, so that its sum must not lie
// where pixels are that are still to come.
func TestBandsReadBeforeTheyWrite(t *testing.T) {
	src := storedIn(numbering(), 32, 16, 1, 1, 1)
	numbers := numbering()
	few, many := numbers(4*5*7*16, 1), numbers(4*5*7*32, 1)
	var outs [2][]float32
	for i, force := range []string{"", "bands"} {
		d := onHost(t, Options{}).(*Device)
		d.force = force
		p := loaded(t, d, src, func(s *graph.Scope) []*graph.Node {
			h, y := s.Input("many", tensor.F32, 4, 5, 7, 32).SiLU(), s.Input("few", tensor.F32, 4, 5, 7, 16).GELU()
			z := h.Add(y.Conv3D(s.Weight("w", 32, 16, 1, 1, 1), nil, nil, graph.Conv3DAttr{})) // h is read again, y is not
			return []*graph.Node{z.Mul(h)}
		})
		outs[i] = make([]float32, len(many))
		if err := errors.Join(p.In("few").Write(tensor.Bytes(few)), p.In("many").Write(tensor.Bytes(many)), p.Run(context.Background()), p.Out(0).Read(tensor.Bytes(outs[i]))); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(outs[0], outs[1]) {
		t.Error("bands make another result")
	}
}
