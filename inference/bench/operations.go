package bench

import (
	"errors"
	"fmt"
	"math"
	"time"

	"kinora/inference/device"
	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// A clip is a size that is measured: frames, rows and columns of the latent.
type clip struct {
	name    string
	t, h, w int
}

func (b *bench) clips() []clip {
	switch {
	case b.Size == Tiny:
		return []clip{{"tiny", 2, 2, 2}}
	case b.Size == Short:
		return sizes[:1]
	}
	return sizes
}

// sizes are those that speeds are told for.
var sizes = []clip{{"480x640x17", 5, 30, 40}, {"480x832x81", 21, 30, 52}, {"704x1280x121", 31, 44, 80}}

func (c clip) tokens() int { return c.t * c.h * c.w / 4 }

// An operation is measured by itself: what it needs at least is operations, or
// bytes moved.
type operation struct {
	name         string
	flops, bytes float64
	draw         func(s *graph.Scope) *graph.Node
}

// dims are the denoiser's: width, width of the feed-forward, heads.
func (b *bench) dims() (d, f, heads int) {
	if b.Size == Tiny {
		return 64, 128, 2
	}
	return 3072, 14336, 24
}

func (b *bench) operations() error {
	d, f, heads := b.dims()
	text := 512
	if b.Size == Tiny {
		text = 40
	}
	for _, c := range b.clips() {
		l := c.tokens()
		rows := func(s *graph.Scope, name string, dim int) *graph.Node { return s.Input(name, tensor.F32, l, dim) }
		product := func(name string, n, k int, act graph.ActKind) operation {
			return operation{name, 2 * float64(l) * float64(n) * float64(k), 0, func(s *graph.Scope) *graph.Node {
				return rows(s, "x", k).Linear(s.Weight(fmt.Sprintf("product.%d.%d", n, k), n, k), nil, act)
			}}
		}
		table := func(s *graph.Scope) *graph.Node { return s.Input("table", tensor.F32, 1, 6, d) }
		attend := func(keys int) func(s *graph.Scope) *graph.Node {
			return func(s *graph.Scope) *graph.Node {
				// a product in front makes the program one of 16 bits
				q := rows(s, "x", 8).Linear(s.Weight(fmt.Sprintf("product.%d.%d", d, 8), d, 8), nil, graph.NoAct)
				return q.Attend(s.Input("k", tensor.F32, keys, d), s.Input("v", tensor.F32, keys, d), nil,
					graph.AttentionAttr{Heads: heads, Scale: float32(1 / math.Sqrt(float64(d/heads))), Window: -1})
			}
		}
		n := float64(l) * float64(d)
		for _, o := range []operation{
			product("product q, k, v or o", d, d, graph.NoAct),
			product("feed-forward in, gelu", f, d, graph.GELU),
			product("feed-forward out", d, f, graph.NoAct),
			{"product, gate and residual", 2 * n * float64(d), 0, func(s *graph.Scope) *graph.Node {
				return rows(s, "h", d).Gate(rows(s, "x", d).Linear(s.Weight(fmt.Sprintf("product.%d.%d", d, d), d, d), nil, graph.NoAct), table(s), 2)
			}},
			{"attention", 4 * n * float64(l), 0, attend(l)},
			{"attention to the text", 4 * n * float64(text), 0, attend(text)},
			{"norm and modulate", 0, 8 * n, func(s *graph.Scope) *graph.Node { return rows(s, "x", d).NormModulate(1e-6, table(s), 0, 1) }},
			{"rms norm", 0, 8 * n, func(s *graph.Scope) *graph.Node {
				return rows(s, "x", d).Normalise(graph.NormAttr{Kind: graph.RMSNorm, Eps: 1e-6}, s.Weight(fmt.Sprintf("gain.%d", d), d), nil)
			}},
			{"rope", 0, 8*n + 8*float64(l*d/heads/2), func(s *graph.Scope) *graph.Node {
				return rows(s, "x", d).RoPE(heads, s.Input("cos", tensor.F32, l, d/heads/2), s.Input("sin", tensor.F32, l, d/heads/2))
			}},
			{"gate", 0, 12 * n, func(s *graph.Scope) *graph.Node { return rows(s, "x", d).Gate(rows(s, "y", d), table(s), 2) }},
		} {
			if err := b.operation(c, o); err != nil {
				return fmt.Errorf("%s at %s: %w", o.name, c.name, err)
			}
		}
		if err := b.convolutions(c); err != nil {
			return err
		}
	}
	return nil
}

// convolutions are the decoder's two largest, of the 4 frames of a latent frame.
func (b *bench) convolutions(c clip) error {
	scale := 1
	if b.Size == Tiny {
		scale = 32
	}
	for _, k := range []struct{ up, in, out int }{{4, 1024, 512}, {4, 512, 512}, {8, 512, 256}, {8, 256, 256}} {
		if b.Size != Full {
			k.up = 1
		}
		h, w, in, out := c.h*k.up, c.w*k.up, k.in/scale, k.out/scale
		o := operation{
			name:  fmt.Sprintf("conv3d %d to %d", in, out),
			flops: 2 * 4 * float64(h*w) * float64(in*out) * 27,
			draw: func(s *graph.Scope) *graph.Node {
				x, cache := s.Input("x", tensor.F32, 4, h, w, in), s.Input("cache", tensor.F32, 2, h, w, in)
				weight := s.Weight(fmt.Sprintf("conv.%d.%d", out, in), out, in, 3, 3, 3)
				return x.Conv3D(weight, nil, cache, graph.Conv3DAttr{Pad: [4]int{1, 1, 1, 1}})
			},
		}
		if err := b.operation(c, o); err != nil {
			return fmt.Errorf("%s at %s: %w", o.name, c.name, err)
		}
	}
	return nil
}

func (b *bench) operation(c clip, o operation) error { return b.operationOf(c, o, b.source()) }

func (b *bench) operationOf(c clip, o operation, src weights.Source) error {
	p, _, err := b.loaded(src, nil, o.draw)
	if err != nil {
		return err
	}
	defer p.Close()
	each, err := b.gauge.Time(p, b.Runs, b.Most)
	if err != nil {
		return err
	}
	b.report(b.rated(Line{Name: o.name, Clip: c.name, Seconds: each.Seconds()}, o.flops, o.bytes))
	return b.otherWays(o.name, c, p, each, src, nil, o.draw, o.flops, o.bytes)
}

// otherWays measures again what differs in them from p, which took that long.
func (b *bench) otherWays(name string, c clip, p device.Program, first time.Duration, src weights.Source, with device.Program,
	draw func(s *graph.Scope) *graph.Node, flops, bytes float64) error {
	if len(b.Ways) < 2 {
		return nil
	}
	defer b.Ways[0].Take()
	for _, w := range b.Ways[1:] {
		w.Take()
		q, _, err := b.loaded(src, with, draw)
		if err != nil {
			return fmt.Errorf("%s: %w", w.Name, err)
		}
		if w.Kernels(q) != w.Kernels(p) {
			each, err := b.gauge.Time(q, b.Runs, b.Most)
			if err != nil {
				return errors.Join(fmt.Errorf("%s: %w", w.Name, err), q.Close())
			}
			b.report(b.rated(Line{Name: name + ", " + w.Name, Clip: c.name, Seconds: each.Seconds(), Times: each.Seconds() / first.Seconds()}, flops, bytes))
		}
		if err := q.Close(); err != nil {
			return err
		}
	}
	return nil
}

// loaded draws and loads, fills the inputs with random numbers, and tells the
// operations of a run.
func (b *bench) loaded(src weights.Source, with device.Program, draw func(s *graph.Scope) *graph.Node) (device.Program, float64, error) {
	g, err := graph.Build(src.Info, func(s *graph.Scope) []*graph.Node { return []*graph.Node{draw(s)} })
	if err != nil {
		return nil, 0, err
	}
	p, err := device.Compile(b.Device, g)
	if err != nil {
		return nil, 0, err
	}
	prog, err := b.Device.Load(p, src, with)
	if err != nil {
		return nil, 0, err
	}
	for name, port := range p.In {
		if err := prog.In(name).Write(b.source().normal(port.DType, port.Shape.Len(), 1)); err != nil {
			return nil, 0, err
		}
	}
	return prog, p.Flops(), nil
}
