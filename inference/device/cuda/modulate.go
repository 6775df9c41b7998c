package cuda

import "kinora/inference/graph"

func modulate(c *call) error {
	x, scale, shift, err := c.modulation(c.n.Attr.(graph.ModulateAttr))
	if err != nil {
		return err
	}
	n, dim, t := c.n.Shape.Len(), c.n.Shape[1], c.shape(1)
	c.launch("modulate", "modulate", blocks(n, 1024), 256, 0, c.out, x, scale, shift, n, dim, c.n.Shape[0]/t[0], t[1]*dim)
	return nil
}

// modulation returns the rows that input 0 is, and two vectors of the table that
// input 1 is.
func (c *call) modulation(a graph.ModulateAttr) (x, scale, shift mem, err error) {
	if x, err = c.f(0); err != nil {
		return x, scale, shift, err
	}
	table, err := c.f(1)
	t := c.shape(1)
	return x, vector(table, t, a.Scale), vector(table, t, a.Shift), err
}
