package cuda

import (
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// gather reads the table as it is stored where a kernel can.
func gather(c *call) error {
	n := c.n.In[0]
	r, skip := root(n)
	ids, err := c.raw(1)
	if err != nil {
		return err
	}
	kernel := "gather_f32"
	var table mem
	if r.Op == graph.Weight && (r.DType == tensor.BF16 || r.DType == tensor.F16) {
		kernel = "gather_" + r.DType.String()
		size := n.Shape.Len()
		table, err = c.operand(operand{name: r.Name, skip: skip, shape: n.Shape, stored: r.DType, form: form{r.DType, size, size, 1}}, c.slots[0])
	} else {
		table, err = c.f(0)
	}
	if err != nil {
		return err
	}
	c.launch("gather", kernel, c.n.Shape[0], 256, 0, c.out, table, ids, n.Shape[0], n.Shape[1])
	return nil
}
