package cuda

import (
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

func matmul(c *call) error {
	n, k := c.n.In[1].Shape[0], c.n.In[1].Shape[1]
	m := c.n.Shape.Len() / n
	x, err := c.f(0)
	if err != nil {
		return err
	}
	w, t, err := c.matrix(1, k, 1)
	if err != nil {
		return err
	}
	var bias mem
	if len(c.n.In) > 2 {
		if bias, err = c.f(2); err != nil {
			return err
		}
	}
	f := c.fused
	if f == nil {
		f = &fusion{}
	}
	end := []any{c.out, bias, f.gate, f.residual, int(c.n.Attr.(graph.MatMulAttr).Act), max(1, f.every), f.stride}
	flops := 2 * float64(m) * float64(n) * float64(k)
	if t == tensor.F32 {
		c.split(blocks(m, 64)*blocks(n, 64), flops, false, func(first, count int) {
			c.launch("matmul", "matmul_f32", count, 256, sgemmShared, append([]any{x, w, m, n, k, first}, end...)...)
		})
		return nil
	}
	a := c.narrow(x, m, k, up8(k), t)
	g := c.dev.tile(t, m, n)
	c.split(blocks(m, g.side)*blocks(n, g.side), flops, true, func(first, count int) {
		c.launch("matmul", "matmul_"+g.name, count, 128, g.shared, append([]any{a, w, m, n, up8(k), first}, end...)...)
	})
	return nil
}

// sgemmShared is the shared memory of include/sgemm.cuh.
const sgemmShared = 2 * 16 * 68 * 4

// A gemmTile is a size of tile of include/gemm.cuh.
type gemmTile struct {
	name         string
	side, shared int
}

// tile chooses large tiles where they fill the GPU.
func (d *Device) tile(t tensor.DType, m, n int) gemmTile {
	if blocks(m, 128)*blocks(n, 128) >= d.info.Processors {
		return gemmTile{t.String() + "_128x128", 128, 3 * 128 * 128}
	}
	return gemmTile{t.String() + "_64x64", 64, 4 * 64 * 128}
}
