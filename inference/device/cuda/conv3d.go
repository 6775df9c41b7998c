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
