package cuda

import (
	"fmt"

	"kinora/inference/device/cuda/driver"
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// Products and attention on compute capability 9.0, with the copy engine and the
// products of warpgroups: kernels/matmul_sm90a.cu and attention_sm90a.cu.

// wideTiles are from large to small, each with one block on a processor, which stays.
// Speeds are supposed; none is measured.
var wideTiles = []gemmTile{
	wideTile("128x256", 2, 256, 4, 1),
	wideTile("128x192", 2, 192, 4, 0.95),
	wideTile("128x128", 2, 128, 6, 0.85),
	wideTile("64x128", 1, 128, 8, 0.6),
}

// wideTile is include/wide.cuh's of so many warpgroups, columns and stages.
func wideTile(name string, groups, n, stages int, speed float64) gemmTile {
	m := 64 * groups
	return gemmTile{name, m, n, 128 * (groups + 1), 1024 + stages*(m+n)*128 + groups*4*4096 + 16*stages + 40, 1, speed}
}

func (c *call) wideProduct(a, w mem, m, n, k int, t tensor.DType, flops float64, end []any) error {
	g, parts := c.dev.tile("wide", m, n, k, true)
	rows := func(x mem, rows, box int) driver.Map {
		return driver.Map{At: x.at, Size: []int{k, rows}, Stride: []int64{2 * int64(k)}, Box: []int{64, box}}
	}
	maps, err := c.maps(rows(a, m, g.m), rows(w, n, g.n))
	if err != nil {
		return err
	}
	var partial mem
	if parts > 1 {
		partial = c.room(0, int64(parts)*int64(m)*int64(n)*4)
	}
	c.split(g.count(m, n)*parts, flops, true, func(first, count int) {
		c.launch("matmul_sm90a", "wide_"+t.String()+"_"+g.name, min(count, max(1, c.dev.info.Processors)), g.threads, g.shared,
			append([]any{touched(a), touched(w), maps, m, n, k, first, count, parts, partial, c.dev.patience()}, end...)...)
	})
	c.join(partial, parts, m, n, end)
	return nil
}

// wideConvTiles are those that convolutions have.
var wideConvTiles = []gemmTile{wideTiles[0], wideTiles[2]}

// boxed reports whether a convolution's pixels are brought in boxes of 8×16, at least half
// of them pixels of the result.
func (d *Device) boxed(a graph.Conv3DAttr, out tensor.Shape) bool {
	if !d.wide || a.Stride != [3]int{1, 1, 1} {
		return false
	}
	h, w, _ := boxes(a, out)
	return d.force != "" || 2*h*w >= blocks(h, 8)*8*blocks(w, 16)*16
}

// boxes are the rows and columns that go by boxes, and how many pixels each place is: where
// they count twice, boxes are of every other one.
func boxes(a graph.Conv3DAttr, out tensor.Shape) (h, w, each int) {
	if a.Up {
		return (out[1] + 1) / 2, (out[2] + 1) / 2, 4
	}
	return out[1], out[2], 1
}

// wideConv is a convolution of ch channels as they lie in memory, with so many frames in
// front.
func (c *call) wideConv(in, cache, weights, bias, residual mem, x, w, out tensor.Shape, a graph.Conv3DAttr, front, ch int, t tensor.DType, flops float64) error {
	taps := w[2] * w[3] * w[4]
	h, across, each := boxes(a, out)
	tiles := out[0] * blocks(h, 8) * blocks(across, 16) * each
	up := 0
	if a.Up {
		up = 1
	}
	g, _ := c.dev.tile("wide_conv", tiles*128, out[3], taps*ch, false)
	pixel := 2 * int64(ch)
	frames := func(m mem, n int) driver.Map {
		return driver.Map{At: m.at, Size: []int{ch, x[2], x[1], n}, Box: []int{64, 16, 8, 1},
			Stride: []int64{pixel, pixel * int64(x[2]), pixel * int64(x[2]) * int64(x[1])}}
	}
	before, cached := frames(in, x[0]), 0
	if cache.at != 0 {
		before, cached = frames(cache, front), 1
	}
	maps, err := c.maps(frames(in, x[0]), before, driver.Map{At: weights.at, Size: []int{taps * ch, out[3]}, Stride: []int64{pixel * int64(taps)}, Box: []int{64, g.n}})
	if err != nil {
		return err
	}
	reads := []any{touched(in), touched(weights)}
	if cached == 1 {
		reads = append(reads, touched(cache))
	}
	c.split(tiles*blocks(out[3], g.n), flops, true, func(first, count int) {
		c.launch("conv3d_sm90a", "wide_conv_"+t.String()+"_"+g.name, min(count, max(1, c.dev.info.Processors)), g.threads, g.shared,
			append(reads[:len(reads):len(reads)], maps, c.out, bias, residual, out[3], front, cached, ch, w[2], w[3], w[4], a.Pad[0], a.Pad[2],
				out[0], out[1], out[2], up, first, count, c.dev.patience())...)
	})
	return nil
}

// attendAhead is attention of heads that are `wide` numbers as they lie in memory.
func (c *call) attendAhead(in [3]mem, a graph.AttentionAttr, s rowSpread, wide int, flops float64) error {
	const queries = 128
	keys := c.dev.keysAhead(s.keys)
	row := int64(2 * a.Heads * wide)
	rows := func(x mem, n, box int) driver.Map {
		apart := row * int64(s.batch)
		if s.batches == 1 {
			apart = row * int64(n)
		}
		return driver.Map{At: x.at, Size: []int{wide, a.Heads, n, s.batches}, Stride: []int64{2 * int64(wide), row, apart}, Box: []int{64, 1, box, 1}}
	}
	maps, err := c.maps(rows(in[0], s.queries, queries), rows(in[1], s.keys, keys), rows(in[2], s.keys, keys))
	if err != nil {
		return err
	}
	shared := 1024 + queries*wide*2 + 4*keys*wide*2 + 136 // include/ahead.cuh
	kernel := fmt.Sprintf("ahead_bf16_%dx%d", wide, keys)
	c.split(s.batches*a.Heads*blocks(s.queries, queries), flops, true, func(first, count int) {
		c.launch("attention_sm90a", kernel, min(count, max(1, c.dev.info.Processors)), 384, shared, touched(in[0]), touched(in[1]), touched(in[2]),
			maps, c.out, a.Heads, c.n.Shape[1]/a.Heads, a.Scale, c.kind(), first, count, c.dev.patience(),
			s.queries, s.keys, s.batch, s.step, s.per, s.window, s.extra)
	})
	return nil
}

// keysAhead is how many keys a block of attention takes at a time: 176, which reads
// queries less often, unless 128 leave much less of the last block empty.
func (d *Device) keysAhead(keys int) int {
	switch d.force {
	case "128 keys":
		return 128
	case "176 keys":
		return 176
	}
	if 10*blocks(keys, 176)*176 > 11*blocks(keys, 128)*128 {
		return 128
	}
	return 176
}

// maps places tensor maps among the tables. Where memory is not known yet, so is what
// they say.
func (c *call) maps(list ...driver.Map) (mem, error) {
	c.waits = true
	var all []byte
	for _, m := range list {
		b := make([]byte, driver.MapSize)
		if !c.scratch.learning {
			var err error
			if b, err = c.dev.drv.Encode(m); err != nil {
				return mem{}, err
			}
		}
		all = append(all, b...)
	}
	return c.table(all), nil
}
