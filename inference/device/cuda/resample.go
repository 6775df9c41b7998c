package cuda

import "kinora/inference/graph"

func dupUp(c *call) error { return resample(c, "dupup") }

func avgDown(c *call) error { return resample(c, "avgdown") }

// addDupUp adds four numbers with each thread.
func addDupUp(c *call) error {
	a := c.n.Attr.(graph.ResampleAttr)
	to, err := c.f(0)
	if err != nil {
		return err
	}
	x, err := c.f(1)
	if err != nil {
		return err
	}
	in, n, out := c.shape(1), c.n.Shape.Len(), c.n.Shape[3]
	c.launch("resample", "add_dupup", blocks(n/out*blocks(out, 4), 256), 256, 0, c.out, to, x, n/out, in[1], in[2], in[3], out, a.Time, a.Space, a.Skip)
	return nil
}

func resample(c *call, kernel string) error {
	a := c.n.Attr.(graph.ResampleAttr)
	x, err := c.f(0)
	if err != nil {
		return err
	}
	in, n := c.shape(0), c.n.Shape.Len()
	c.launch("resample", kernel, blocks(n, 256), 256, 0, c.out, x, n, in[1], in[2], in[3], c.n.Shape[3], a.Time, a.Space, a.Skip)
	return nil
}
