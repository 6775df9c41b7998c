package cuda

import "kinora/inference/graph"

func keep(c *call) error {
	held, frames := c.n.Shape[0], c.shape(0)[0]
	size := c.n.Shape.Len() / held
	read := c.f
	if c.half[c.n.In[1]] != 0 { // two of 16 bits move as one of 32; there are whole eights
		read, size = c.raw, size/2
	}
	x, err := read(0)
	if err != nil {
		return err
	}
	c.launch("keep", "keep", blocks(size, 256), 256, 0, c.out, x, size, held, frames, c.n.Attr.(graph.KeepAttr).Fresh)
	return nil
}
