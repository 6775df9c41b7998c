package cuda

import (
	"kinora/inference/device/cuda/driver"
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// mostLogits is how many bytes of logits there are at a time.
const mostLogits = 64 << 20

// byProducts reports whether attention is a product, a softmax and another product:
// where heads are too long for flash, the VAE's one head of 1,024 numbers above all, and
// the model computes in 16 bits.
func (l *layout) byProducts(n *graph.Node) bool {
	a := n.Attr.(graph.AttentionAttr)
	s := spread(a, n.Shape[0], n.In[1].Shape[0])
	return a.Heads == 1 && len(n.In) == 3 && n.Shape[1] > 128 && n.Shape[1]%8 == 0 && s.step == 1 && s.per == 0 &&
		s.keys >= 32 && a.Scale > 0 && a.Repeats <= 1 && (l.precision == Fast || l.precision == Auto && l.low())
}

// attendByProducts makes logits of as many queries at a time as mostLogits holds.
// Queries, keys, weights and values are rounded to bf16, all sums are float32.
func (c *call) attendByProducts(a graph.AttentionAttr, s rowSpread) error {
	d, all := c.n.Shape[1], up8(s.keys)
	q, err := c.narrowed(0, s.batches*s.queries, d, d, tensor.BF16)
	if err != nil {
		return err
	}
	k, err := c.narrowed(1, s.batches*s.keys, d, d, tensor.BF16)
	if err != nil {
		return err
	}
	v, err := c.f(2)
	if err != nil {
		return err
	}
	band := max(1, mostLogits/4/s.keys/128) * 128
	if c.dev.force == "bands" {
		band = 32
	}
	band = min(band, s.queries)
	logits := c.room(1, int64(band)*int64(s.keys)*4)
	weights := c.room(2, int64(band)*int64(all)*2)
	values := c.room(3, int64(d)*int64(all)*2)
	plain := func(out mem, kind int) []any { return []any{out, mem{}, mem{}, mem{}, int(graph.NoAct), 1, 0, kind} }
	kind := c.kind()
	each := 4
	if kind != 0 {
		each = 2
	}
	for b := range s.batches {
		c.launch("turn", "turn_bf16", blocks(all, 32)*blocks(d, 32), 256, 32*33*4, values, v.from(4*b*s.keys*d, 4*s.keys*d), s.keys, d, all)
		for first := 0; first < s.queries; first += band {
			m := min(band, s.queries-first)
			at := (b*s.queries + first) * d
			if err := c.product(q.from(2*at, 2*m*d), k.from(2*b*s.keys*d, 2*s.keys*d), m, s.keys, d, tensor.BF16, plain(logits, 0)); err != nil {
				return err
			}
			c.launch("softmax", "softmax_bf16", blocks(m, 8), 256, 0, weights, logits, m, s.keys, all, a.Scale)
			if err := c.product(weights, values, m, d, all, tensor.BF16, plain(c.out.from(each*at, each*m*d), kind)); err != nil {
				return err
			}
		}
	}
	return nil
}

// from is n bytes of m, from byte i on.
func (m mem) from(i, n int) mem { return mem{m.at + driver.Ptr(i), int64(n)} }
