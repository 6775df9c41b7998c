package cuda

import (
	"slices"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

func matmul(c *call) error {
	n, k := c.n.In[1].Shape[0], c.n.In[1].Shape[1]
	m := c.n.Shape.Len() / n
	atBias, atScale := c.n.BiasAndScale()
	var bias mem
	if atBias > 0 {
		var err error
		if bias, err = c.f(atBias); err != nil {
			return err
		}
	}
	f := c.fused
	kind := 0
	if f == nil {
		f, kind = &fusion{}, c.kind()
	}
	end := []any{c.out, bias, f.gate, f.residual, int(c.n.Attr.(graph.MatMulAttr).Act), max(1, f.every), f.stride, kind}
	flops := 2 * float64(m) * float64(n) * float64(k)
	if g, parts, ok := c.inside(m, n, k); ok {
		return c.storedProduct(g, parts, m, n, k, atScale, flops, end)
	}
	w, t, err := c.matrix(1, k, 1, atScale)
	if err != nil {
		return err
	}
	if t == tensor.F32 {
		x, err := c.f(0)
		if err != nil {
			return err
		}
		c.split(blocks(m, 64)*blocks(n, 64), flops, false, func(first, count int) {
			c.launch("matmul", "matmul_f32", count, 256, sgemmShared, append([]any{x, w, m, n, k, first}, end...)...)
		})
		return nil
	}
	k = up8(k)
	a, err := c.narrowed(0, m, c.n.In[1].Shape[1], k, t)
	if err != nil {
		return err
	}
	return c.product(a, w, m, n, k, t, end)
}

// product multiplies m rows of k numbers by n rows of them, both of type t in 16 bits.
func (c *call) product(a, w mem, m, n, k int, t tensor.DType, end []any) error {
	flops := 2 * float64(m) * float64(n) * float64(k)
	if c.dev.wide {
		return c.wideProduct(a, w, m, n, k, t, flops, end)
	}
	g, parts := c.dev.tile("matmul", m, n, k, true)
	var partial mem
	if parts > 1 {
		partial = c.room(0, int64(parts)*int64(m)*int64(n)*4)
	}
	c.split(g.count(m, n)*parts, flops, true, func(first, count int) {
		c.launch("matmul", "matmul_"+t.String()+"_"+g.name, count, g.threads, g.shared, append([]any{a, w, m, n, k, first, parts, partial}, end...)...)
	})
	c.join(partial, parts, m, n, end)
	return nil
}

// join adds up what parts of K have come to.
func (c *call) join(partial mem, parts, m, n int, end []any) {
	if parts > 1 {
		c.launch("matmul", "matmul_join", blocks(m*blocks(n, 4), 256), 256, 0, append([]any{partial, parts, m, n}, end...)...)
	}
}

// room is scratch that holds nothing afterwards: number 0 for sums of parts, others for
// what else a step needs beside them.
func (c *call) room(number int, n int64) mem {
	m, _ := c.scratch.find(narrowed{k: -1 - number, padded: c.scratch.step}, n)
	return m
}

// sgemmShared is the shared memory of include/sgemm.cuh.
const sgemmShared = 2 * 16 * 68 * 4

// A gemmTile is a size of tile of include/gemm.cuh.
type gemmTile struct {
	name     string
	m, n     int // rows and columns of a tile
	threads  int
	shared   int     // bytes
	together int     // blocks on a processor
	speed    float64 // of a processor that is full of them, beside the fastest
}

func (g gemmTile) count(m, n int) int { return blocks(m, g.m) * blocks(n, g.n) }

// turns is how many times a processor does a tile while so many are done: whole waves
// of them, and then a last one that is not faster by all that it lacks, since few
// blocks wait more.
func (g gemmTile) turns(count, processors int) float64 {
	wave := processors * g.together
	t := float64(count / wave * g.together)
	if rest := count % wave; rest > 0 {
		t += 0.4*float64(g.together) + 0.6*float64(blocks(rest, processors))
	}
	return t
}

// tiles are those of products, from large to small. Their speeds are supposed, for GPUs
// that were not measured (Measure), and for what must not depend on measurements. They
// rest on one H200 (kernels/RESULTS.md): products of many rows lost 10 to 15 % there when
// they went from 128x128, two blocks on a processor, to 128x256, which is alone on its
// own. Here it is 5 %, since other things had changed as well, and other GPUs have other
// proportions.
var tiles = []gemmTile{
	{"128x256", 128, 256, 256, 4 * (128 + 256) * 64, 1, 0.95},
	{"128x192", 128, 192, 256, 4 * (128 + 192) * 64, 1, 0.95},
	{"128x128", 128, 128, 128, 3 * 128 * 128, 2, 1},
	{"64x64", 64, 64, 128, 4 * 64 * 128, 4, 0.55},
}

// convTiles are the same for convolutions, whose speeds are supposed from how often each
// reads its operands: they became 1.37 times as fast when they got the large tiles,
// though not by those alone.
var convTiles = withSpeeds(tiles, 1, 0.97, 0.9, 0.55)

// withSpeeds is list with other speeds.
func withSpeeds(list []gemmTile, speeds ...float64) []gemmTile {
	list = slices.Clone(list)
	for i := range list {
		list[i].speed = speeds[i]
	}
	return list
}

// lists are the tiles that can stand in for each other, by what their kernels' names
// begin with. With the same parts of K they make the same to the bit.
var lists = map[string][]gemmTile{"matmul": tiles, "conv3d": convTiles, "wide": wideTiles, "wide_conv": wideConvTiles}

// mostParts is into how many parts K may be cut, leastSlices how many slices of 32
// each must have to be worth its block.
const mostParts, leastSlices = 4, 12

// tile chooses among a list of lists the tile, and into how many parts K is cut where it
// may be, by how many waves of blocks there will be and how full the last one is. Parts
// are by supposed speeds, since in other parts sums are rounded otherwise, and a clip is
// to be the same whatever was measured, and whether; then the tile is by what was.
func (d *Device) tile(list string, m, n, k int, cut bool) (best gemmTile, parts int) {
	most := 1
	if cut {
		most = mostParts
	}
	best, parts, _ = d.choose(lists[list], m, n, k, 1, most, 0)
	if measured := d.measured[list]; measured != nil {
		best, _, _ = d.choose(measured, m, n, k, parts, parts, 0)
	}
	return best, parts
}

// byteProducts is how many products the whole GPU makes while a byte is written to its
// memory, or read: about.
const byteProducts = 100

// choose cuts K into at least and at most so many parts, and also tells how long it
// takes, in products that a processor makes at its best. Beside them a block has so many
// to do for each number of its columns.
func (d *Device) choose(list []gemmTile, m, n, k, least, most int, beside float64) (best gemmTile, parts int, products float64) {
	for _, g := range list {
		if g.name == d.force {
			return g, max(1, d.forceParts), 0
		}
	}
	processors := max(1, d.info.Processors)
	for _, g := range list {
		for p := least; p == least || p <= most && k/32/p >= leastSlices; p++ {
			cost := g.turns(g.count(m, n)*p, processors) * float64(g.n) * (float64(g.m)/g.speed + beside) * float64(k) / float64(p)
			if p > 1 { // sums are written and read again
				cost += float64(p) * 8 * float64(m) * float64(n) * byteProducts / float64(processors)
			}
			if products == 0 || cost < products {
				best, parts, products = g, p, cost
			}
		}
	}
	return best, parts, products
}
