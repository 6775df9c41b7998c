package cuda

import "kinora/inference/graph"

func act(c *call) error {
	x, err := c.f(0)
	n := c.n.Shape.Len()
	c.launch("act", "act", blocks(n, 1024), 256, 0, c.out, x, n, int(c.n.Attr.(graph.ActKind)))
	return err
}
