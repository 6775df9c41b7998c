package cuda

import (
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

func conv3d(c *call) error {
	a := c.n.Attr.(graph.Conv3DAttr)
	x, w, out := c.shape(0), c.n.In[1].Shape, c.n.Shape
	taps := w[2] * w[3] * w[4]
	weights, t, err := c.matrix(1, w[1], taps, 0)
	if err != nil {
		return err
	}
	var bias, cache mem
	next, front := 2, w[2]-1
	if a.Bias {
		if bias, err = c.f(next); err != nil {
			return err
		}
		next++
	}
	short := a.Cached && t != tensor.F32 && c.half[c.n.In[next]] == t
	if a.Cached {
		read := c.f
		if short {
			read = c.raw
		}
		if cache, err = read(next); err != nil {
			return err
		}
		front = c.shape(next)[0]
	}
	var residual mem
	if c.fused != nil {
		residual = c.fused.residual
	}
	rows, ch, up := out[0]*out[1]*out[2], x[3], 0
	if a.Up {
		up = 1
	}
	flops := 2 * float64(out.Len()) * float64(taps*ch)
	var in mem
	do := func(kernel string, count, threads, shared int) {
		c.split(count, flops, t != tensor.F32, func(first, count int) {
			c.launch("conv3d", kernel, count, threads, shared, in, cache, weights, c.out, bias, residual, out[3], first,
				front, x[0], x[1], x[2], ch, w[2], w[3], w[4], a.Stride[0], a.Stride[1], a.Stride[2], a.Pad[0], a.Pad[2], up,
				out[1], out[2], rows)
		})
	}
	if t == tensor.F32 {
		if in, err = c.f(0); err != nil {
			return err
		}
		do("conv3d_f32", blocks(rows, 64)*blocks(out[3], 64), 256, sgemmShared)
		return nil
	}
	if oneTap(c.n) {
		return c.pointwise(weights, bias, residual, rows, out[3], ch, t)
	}
	if in, err = c.narrowed(0, x[0]*x[1]*x[2], ch, up8(ch), t); err != nil {
		return err
	}
	if a.Cached && !short {
		cache = c.narrow(cache, front*x[1]*x[2], ch, up8(ch), t)
	}
	ch = up8(ch)
	if c.dev.boxed(a, out) {
		return c.wideConv(in, cache, weights, bias, residual, x, w, out, a, front, ch, t, flops)
	}
	g, _ := c.dev.tile("conv3d", rows, out[3], taps*ch, false)
	do("conv3d_"+t.String()+"_"+g.name, g.count(rows, out[3]), g.threads, g.shared)
	return nil
}

// oneTap reports whether a convolution is a product of pixels by themselves.
func oneTap(n *graph.Node) bool {
	a, w := n.Attr.(graph.Conv3DAttr), n.In[1].Shape
	return w[2]*w[3]*w[4] == 1 && !a.Cached && !a.Up && a.Stride == [3]int{1, 1, 1} && a.Pad == [4]int{}
}

// mostRounded is how many bytes of pixels are rounded at a time for a convolution of one
// tap, which needs no neighbours.
const mostRounded = 128 << 20

// pointwise is a convolution of one tap, which is a product of rows of ch numbers.
func (c *call) pointwise(weights, bias, residual mem, rows, n, ch int, t tensor.DType) error {
	k := up8(ch)
	product := func(x mem, first, m int) error {
		r := residual
		if r.at != 0 {
			r = r.from(4*first*n, 4*m*n)
		}
		return c.product(x, weights, m, n, k, t, []any{c.out.from(4*first*n, 4*m*n), bias, mem{}, r, int(graph.NoAct), 1, 0, 0})
	}
	if c.half[c.n.In[0]] == t {
		x, err := c.raw(0)
		if err != nil {
			return err
		}
		return product(x, 0, rows)
	}
	x, err := c.f(0)
	if err != nil {
		return err
	}
	band := min(rows, max(1, mostRounded/2/k/128)*128)
	if c.dev.force == "bands" {
		band = min(rows, 32)
	}
	short := c.room(1, int64(band)*int64(k)*2)
	for first := 0; first < rows; first += band {
		m := min(band, rows-first)
		c.round(short, x.from(4*first*ch, 4*m*ch), m, ch, k, t)
		if err := product(short, first, m); err != nil {
			return err
		}
	}
	return nil
}
