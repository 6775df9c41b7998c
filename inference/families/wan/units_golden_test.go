package wan

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"kinora/inference/device"
	"kinora/inference/golden"
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

func TestGoldenRoPETable(t *testing.T) {
	for _, name := range []string{"dit.rope", "dit_hd128.rope"} {
		c := golden.Open(t, name)
		cos, sin := c.F64(t, "rope.cos"), c.F64(t, "rope.sin")
		pairs := c.Shape(t, "rope.cos")[1]
		for position := range c.Shape(t, "rope.cos")[0] {
			i := 0
			for _, k := range axisPairs(pairs) {
				for j := range k {
					at := position*pairs + i
					a := angle(position, j, k)
					if math.Abs(math.Cos(a)-cos[at]) > 1e-12 || math.Abs(math.Sin(a)-sin[at]) > 1e-12 {
						t.Fatalf("%s: position %d pair %d: %g %g, want %g %g", name, position, i, math.Cos(a), math.Sin(a), cos[at], sin[at])
					}
					i++
				}
			}
		}
	}
}

func TestGoldenRoPE(t *testing.T) {
	c := golden.Open(t, "units")
	var side struct{ Calls struct{ Rope string } }
	golden.JSON(t, "units", &side)
	var f, h, w int
	at := strings.Index(side.Calls.Rope, "grid [")
	if n, err := fmt.Sscanf(side.Calls.Rope[max(at, 0):], "grid [%d, %d, %d]", &f, &h, &w); n != 3 {
		t.Fatalf("grid in %q: %v", side.Calls.Rope, err)
	}
	s := c.Shape(t, "rope.in")
	heads, dim, n := s[1], s[1]*s[2], f*h*w
	d := &denoiser{Wan: &Wan{dim: dim, cfg: Config{Heads: heads}}, grid: [3]int{f, h, w}}
	prog := load(t, newCPU(t), c.Tensors, nil, nil, func(s *graph.Scope) *graph.Node {
		cos, sin := d.angles(s, 1)
		return s.Input("x", tensor.F32, n, dim).RoPE(heads, cos, sin)
	})
	write(t, prog, "x", c.F32(t, "rope.in")[:n*dim])
	run(t, prog)
	got := append(read(t, prog, 0), c.F32(t, "rope.in")[n*dim:]...) // beyond the grid nothing turns
	golden.Compare(t, c, "rope.out", got)
}

func TestGoldenPatchify(t *testing.T) {
	c := golden.Open(t, "vae.patchify")
	s := c.Shape(t, "in")
	m := &Wan{}
	floats := func(name string) (v []float32) {
		for _, i := range c.I64(t, name) {
			v = append(v, float32(i))
		}
		return v
	}
	src := golden.Open(t, "vae.weights").Tensors
	prog := load(t, newCPU(t), src, nil, nil, func(g *graph.Scope) *graph.Node {
		return m.patch(g, g.Input("x", tensor.F32, s[1], s[2], s[3], s[0]))
	})
	write(t, prog, "x", channelsLast(floats("in"), s))
	run(t, prog)
	packed := read(t, prog, 0)
	for i, v := range channelsFirst(packed, c.Shape(t, "out")[0]) {
		if want := floats("out")[i]; v != want {
			t.Fatalf("element %d is %g, want %g", i, v, want)
		}
	}
	back := load(t, newCPU(t), src, nil, nil, func(g *graph.Scope) *graph.Node {
		return m.unpatch(g.Input("x", tensor.F32, prog.Out(0).Shape()...))
	})
	write(t, back, "x", packed)
	run(t, back)
	for i, v := range channelsFirst(read(t, back, 0), s[0]) {
		if want := floats("in")[i]; v != want {
			t.Fatalf("back: element %d is %g, want %g", i, v, want)
		}
	}
}

// chunks runs a drawing over the chunks of a unit, with its caches.
func chunks(t *testing.T, c *golden.Case, dev device.Device, prefix string, names []string, draw func(k chunk, s *graph.Scope, x *graph.Node) *graph.Node) {
	t.Helper()
	var prog device.Program
	for i, name := range names {
		x := c.Shape(t, prefix+name+"in")
		prog = load(t, dev, c.Tensors, nil, prog, func(s *graph.Scope) *graph.Node {
			return draw(chunk{first: i == 0}, s.At(strings.TrimSuffix(prefix, ".")), s.Input("x", tensor.F32, x[1], x[2], x[3], x[0]))
		})
		write(t, prog, "x", channelsLast(c.F32(t, prefix+name+"in"), x))
		run(t, prog)
		golden.Compare(t, c, prefix+name+"out", channelsFirst(read(t, prog, 0), c.Shape(t, prefix+name+"out")[0]))
	}
}

func TestGoldenVAEUnits(t *testing.T) {
	c := golden.Open(t, "units")
	dev := newCPU(t)
	var side struct {
		Calls struct {
			Resample struct {
				Cases []struct {
					I      int
					Mode   string
					Chunks []int
				}
			}
		}
	}
	golden.JSON(t, "units", &side)
	for _, k := range side.Calls.Resample.Cases {
		var names []string
		for i := range k.Chunks {
			names = append(names, fmt.Sprintf("chunk%d.", i))
		}
		chunks(t, c, dev, fmt.Sprintf("resample.%d.", k.I), names, func(ch chunk, s *graph.Scope, x *graph.Node) *graph.Node {
			if strings.HasPrefix(k.Mode, "up") {
				return ch.upsample(s, x)
			}
			return ch.downsample(s, x)
		})
	}
	chunks(t, c, dev, "attn.", []string{""}, func(ch chunk, s *graph.Scope, x *graph.Node) *graph.Node { return ch.attend(s, x) })
	for _, n := range c.Tensors.Names() {
		if prefix, ok := strings.CutSuffix(n, "in"); ok && strings.HasPrefix(n, "resblock.") {
			chunks(t, c, dev, prefix, []string{""}, func(ch chunk, s *graph.Scope, x *graph.Node) *graph.Node { return ch.residual(s, x) })
		}
	}
	golden.Complete(t, c, golden.Unit("resample.", "attn."))
	golden.Complete(t, c, golden.Unit("resblock."))
}
