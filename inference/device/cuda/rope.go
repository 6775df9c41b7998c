package cuda

import "kinora/inference/graph"

func rope(c *call) error {
	var in [3]mem
	for i := range in {
		var err error
		if in[i], err = c.f(i); err != nil {
			return err
		}
	}
	n, width := c.n.Shape.Len()/2, c.n.Shape[1]
	c.launch("rope", "rope", blocks(n, 512), 256, 0, c.out, in[0], in[1], in[2], n, width/2, width/c.n.Attr.(graph.RoPEAttr).Heads/2, c.kind())
	return nil
}
