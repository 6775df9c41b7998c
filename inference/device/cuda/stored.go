package cuda

import (
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// storedTiles are those of kernels/matmul_stored.cu, from large to small. Speeds are
// supposed, as those of tiles are, and of the products alone.
var storedTiles = []gemmTile{
	{"128x128", 128, 128, 256, 3 * 128 * 128, 1, 0.85},
	{"64x64", 64, 64, 128, 4 * 64 * 128, 4, 0.55},
	{"32x64", 32, 64, 128, 4 * (32 + 64) * 64, 4, 0.4},
}

// widenProducts is how many products a processor could make while it widens a number:
// some 12 instructions, of which it does 128 in a clock, are 24 products where its tensor
// cores make 256 in a clock (GeForce), 96 where they make 1,024 (A100, H100). Supposed.
const widenProducts = 60

// launchProducts is how many it could make while a kernel starts and ends, in some 2 µs.
// Supposed.
const launchProducts = 2e6

// storedParts is mostParts for products that widen: with few rows sums are small, and
// the more blocks there are, the more bytes are on their way.
const storedParts = 8

// inside decides whether a product of m rows widens its packed weight, n rows of k
// numbers, as it multiplies, and by which tile in how many parts. Otherwise the weight
// is widened into scratch, and then multiplied as others are. Compared are, in products
// of a processor (choose), of which a byte of memory is worth byteProducts among all:
//
//	first:  (stored + 2)·n·k bytes in a launch of their own, and then the larger of the
//	        product and 2·n·k bytes
//	inside: the larger of the product, with widenProducts for a number in every row of
//	        tiles, and stored·n·k bytes
//
// so that inside saves 4 bytes a number, and widens ⌈m/tile⌉ times what first does once.
// None of it is measured; nor does it go by what tiles are measured to do (tile), since
// the two ways may cut K into other parts, and numbers would depend on it. In float32,
// and where rows of fp8 are not whole pieces of 8, widening comes first.
func (c *call) inside(m, n, k int) (g gemmTile, parts int, ok bool) {
	w, skip := root(c.n.In[1])
	if _, ok := packed[w.DType]; w.Op != graph.Weight || !ok || k%8 != 0 || skip%8 != 0 ||
		c.precision.computes(w.DType) != tensor.BF16 {
		return g, 0, false
	}
	return c.dev.insideOf(w.DType, m, n, k)
}

// WidenFirst decides whether what is loaded from now on widens every packed weight before
// its product; measurements compare.
func (d *Device) WidenFirst(always bool) {
	if d.widening = ""; always {
		d.widening = "first"
	}
}

func (d *Device) insideOf(t tensor.DType, m, n, k int) (g gemmTile, parts int, ok bool) {
	switch d.widening {
	case "first":
		return g, 0, false
	case "inside":
		g, parts, _ = d.choose(storedTiles, m, n, k, 1, storedParts, widenProducts)
		return g, parts, true
	}
	perByte := float64(n) * float64(k) * byteProducts / float64(max(1, d.info.Processors)) // of each number
	stored := float64(t.Size(n*k)) / float64(n*k)
	others := tiles
	if d.wide {
		others = wideTiles
	}
	_, _, first := d.choose(others, m, n, k, 1, mostParts, 0)
	g, parts, inside := d.choose(storedTiles, m, n, k, 1, storedParts, widenProducts)
	return g, parts, max(inside, stored*perByte) < launchProducts+(stored+2)*perByte+max(first, 2*perByte)
}

// storedProduct multiplies by a weight as it is stored.
func (c *call) storedProduct(g gemmTile, parts, m, n, k, scale int, flops float64, end []any) error {
	in := c.n.In[1]
	r, skip := root(in)
	w, by, step, err := c.packed(operand{name: r.Name, skip: skip, shape: in.Shape, stored: r.DType, form: form{width: k, taps: 1}}, 1, scale)
	if err != nil {
		return err
	}
	a, err := c.narrowed(0, m, k, k, tensor.BF16)
	if err != nil {
		return err
	}
	var partial mem
	if parts > 1 {
		partial = c.room(0, int64(parts)*int64(m)*int64(n)*4)
	}
	flops *= 1 + widenProducts*float64(blocks(m, g.m))/float64(m)
	c.split(g.count(m, n)*parts, flops, true, func(first, count int) {
		c.launch("matmul_stored", "stored_"+g.name+"_"+r.DType.String(), count, g.threads, g.shared,
			append([]any{a, w, by, step, m, n, k, first, parts, partial}, end...)...)
	})
	c.join(partial, parts, m, n, end)
	return nil
}
