package cuda

import "kinora/inference/graph"

func gate(c *call) error {
	var in [3]mem
	for i := range in {
		var err error
		if in[i], err = c.f(i); err != nil {
			return err
		}
	}
	n, dim, t := c.n.Shape.Len(), c.n.Shape[1], c.shape(2)
	table := vector(in[2], t, c.n.Attr.(graph.GateAttr).Vector)
	c.launch("gate", "gate", blocks(n, 1024), 256, 0, c.out, in[0], in[1], table, n, dim, c.n.Shape[0]/t[0], t[1]*dim)
	return nil
}
