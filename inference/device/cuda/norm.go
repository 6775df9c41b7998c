package cuda

import "kinora/inference/graph"

func norm(c *call) error {
	a := c.n.Attr.(graph.NormAttr)
	var in [3]mem
	for i := range c.n.In {
		var err error
		if in[i], err = c.f(i); err != nil {
			return err
		}
	}
	dim := c.n.Shape[len(c.n.Shape)-1]
	rows := c.n.Shape.Len() / dim
	grid, byWarp := rows, dim <= 1024
	if byWarp {
		grid = blocks(rows, 8)
	}
	c.launch("norm", "norm", grid, 256, 32, c.out, in[0], in[1], in[2], rows, dim, int(a.Kind), a.Eps, int(a.Act), byWarp, c.kind())
	return nil
}
