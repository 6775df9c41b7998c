package cuda

import "kinora/inference/graph"

func normModulate(c *call) error {
	a := c.n.Attr.(graph.NormModulateAttr)
	x, scale, shift, err := c.modulation(a.ModulateAttr)
	if err != nil {
		return err
	}
	rows, dim, t := c.n.Shape[0], c.n.Shape[1], c.shape(1)
	c.launch("norm_modulate", "norm_modulate", rows, 256, 32, c.out, x, scale, shift, rows, dim, a.Eps, rows/t[0], t[1]*dim, c.kind())
	return nil
}
