package cuda

import (
	"fmt"
	"math"

	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
)

func attention(c *call) error {
	a := c.n.Attr.(graph.AttentionAttr)
	rows, keys, width := c.shape(0)[0], c.shape(1)[0], c.n.Shape[1]
	d := width / a.Heads
	s := spread(a, rows, keys)
	flops := 4 * float64(rows) * float64(width) * s.seen(a)
	do := func(kernel string, tile, shared int, cores bool, args ...any) {
		c.split(s.batches*a.Heads*blocks(s.queries, tile), flops, cores, func(first, count int) {
			c.launch("attention", kernel, count, 128, shared, append(args[:len(args):len(args)], first, s.queries, s.keys, s.batch, s.step, s.per, s.window, s.extra)...)
		})
	}
	var bias mem
	if len(c.n.In) > 3 {
		var err error
		if bias, err = c.f(3); err != nil {
			return err
		}
	}
	var in [3]mem
	if c.flash(c.n) {
		wide := padded(d)
		for i, n := range []int{rows, keys, keys} {
			var err error
			if in[i], err = c.narrowed(i, n*a.Heads, d, wide, tensor.BF16); err != nil {
				return err
			}
		}
		if c.dev.wide && bias.at == 0 && s.step == 1 && wide >= 64 {
			return c.attendAhead(in, a, s, wide, flops)
		}
		t := c.dev.flashTile(wide, s, a.Heads)
		do(t.name, t.queries, (t.queries+4*t.keys)*2*wide, true, c.out, in[0], in[1], in[2], bias, a.Heads, d, a.Scale, c.kind())
		return nil
	}
	if c.byProducts(c.n) {
		return c.attendByProducts(a, s)
	}
	for i := range in {
		var err error
		if in[i], err = c.f(i); err != nil {
			return err
		}
	}
	kernel := "attention_f32_128"
	switch {
	case d > 1024:
		return fmt.Errorf("heads of %d numbers; 1024 is the most", d)
	case d > 128:
		kernel = "attention_f32_1024"
	}
	do(kernel, 4, 0, false, c.out, in[0], in[1], in[2], bias, a.Heads, d, a.Scale)
	return nil
}

// padded is how many numbers a head of d has on tensor cores.
func padded(d int) int {
	n := 32
	for n < d {
		n *= 2
	}
	return n
}

// A flashTile is a kernel of include/flash.cuh and how many queries its blocks
// take, and keys at a time.
type flashTile struct {
	name          string
	queries, keys int
}

// flashTile takes 128 queries to a block, which reads keys half as often, where the
// blocks then still fill the GPU; one of them takes as long as 1.6 of 64 queries, so
// it is supposed where it was not measured. Two blocks fit on a processor. Both make the
// same to the bit.
func (d *Device) flashTile(wide int, s rowSpread, heads int) flashTile {
	keys := 64
	if wide == 128 { // two blocks find room in the 100 KB of a GeForce's processor
		keys = 32
	}
	small := flashTile{fmt.Sprint("attention_bf16_", wide), 64, keys}
	large := flashTile{small.name + "x2", 128, keys}
	waves := func(t flashTile) float64 {
		return float64(blocks(s.batches*heads*blocks(s.queries, t.queries), 2*max(1, d.info.Processors)))
	}
	if d.force != "" && wide > 32 {
		return map[bool]flashTile{true: large, false: small}[d.force == "large"]
	}
	lasts := 1.6
	if measured, ok := d.lasts[wide]; ok {
		lasts = measured
	}
	if wide > 32 && s.queries > 64 && lasts*waves(large) <= waves(small) {
		return large
	}
	return small
}

// flash reports whether attention runs on tensor cores: where the model computes
// in 16 bits, and a query sees enough keys to fill a tile.
func (l *layout) flash(n *graph.Node) bool {
	return l.tiled(n) && (l.precision == Fast || l.precision == Auto && l.low())
}

func (l *layout) tiled(n *graph.Node) bool {
	a := n.Attr.(graph.AttentionAttr)
	return n.Shape[1]/a.Heads <= 128 && spread(a, n.Shape[0], n.In[1].Shape[0]).keys >= 32 && a.Scale > 0
}

// low reports whether the plan's products with weights are in 16 bits.
func (l *layout) low() bool {
	for _, s := range l.plan.Steps {
		if s.Node == nil || s.Node.Op != graph.MatMul && s.Node.Op != graph.Conv3D {
			continue
		}
		if w, _ := root(s.Node.In[1]); w.Op == graph.Weight && l.precision.computes(w.DType) != tensor.F32 {
			return true
		}
	}
	return false
}

// A rowSpread is include/rows.cuh.
type rowSpread struct {
	batches, queries, keys, batch, step, per, window int

	extra float32
}

func spread(a graph.AttentionAttr, rows, keys int) rowSpread {
	s := rowSpread{batches: 1, queries: rows, keys: keys, step: 1}
	if a.Repeats > 1 {
		s.extra = float32(math.Log(float64(a.Repeats)))
	}
	switch {
	case a.Span == graph.InFrame:
		n := rows / a.Frames
		s = rowSpread{batches: a.Frames, queries: n, keys: n, batch: n, step: 1}
	case a.Span == graph.AtPixel:
		n := rows / a.Frames
		s = rowSpread{batches: n, queries: a.Frames, keys: a.Frames, batch: 1, step: n}
		if a.Window >= 0 {
			s.per, s.window = 1, a.Window
		}
	case a.Window >= 0:
		s.per, s.window = rows/a.Frames, a.Window
	}
	return s
}

// seen is how many keys a query sees, at most.
func (s rowSpread) seen(a graph.AttentionAttr) float64 {
	if s.per == 0 {
		return float64(s.keys)
	}
	return float64(min(s.keys, (2*s.window+1)*s.per))
}

// RoundingOf says what a plan's products round their operands to; package devicetest
// asks.
func (d *Device) RoundingOf(p *plan.Plan) func(*graph.Node) tensor.DType {
	l := &layout{dev: d, plan: p, precision: d.precisionFor(p)}
	return func(n *graph.Node) tensor.DType {
		switch n.Op {
		case graph.Attention:
			if l.flash(n) || l.byProducts(n) {
				return tensor.BF16
			}
		case graph.MatMul, graph.Conv3D:
			if w, _ := root(n.In[1]); w.Op == graph.Weight {
				return l.precision.computes(w.DType)
			}
		}
		return tensor.F32
	}
}

// Halves implements device.Halver.
func (d *Device) Halves(numbers int64) bool {
	switch d.opt.Precision {
	case Exact:
		return false
	case Fast:
		return true
	}
	return d.opt.Small > 0 && numbers >= d.opt.Small
}

// precisionFor is what a plan is computed with.
func (d *Device) precisionFor(p *plan.Plan) Precision {
	if d.opt.Precision != Auto || d.opt.Small == 0 {
		return d.opt.Precision
	}
	numbers := int64(0)
	for _, s := range p.Steps {
		if s.Node == nil || s.Node.Op != graph.MatMul && s.Node.Op != graph.Conv3D {
			continue
		}
		if w, _ := root(s.Node.In[1]); w.Op == graph.Weight {
			numbers += int64(s.Node.In[1].Shape.Len())
		}
	}
	if numbers < d.opt.Small {
		return Exact
	}
	return Auto
}
