package cuda

import (
	"math"

	"kinora/inference/tensor"
)

func sinusoid(c *call) error {
	t, err := c.f(0)
	if err != nil {
		return err
	}
	frequency := make([]float64, c.n.Shape[1]/2)
	for i := range frequency {
		frequency[i] = math.Pow(10000, -float64(i)/float64(len(frequency)))
	}
	c.launch("sinusoid", "sinusoid", c.n.Shape[0], 256, 0, c.out, t, c.table(tensor.Bytes(frequency)), len(frequency))
	return nil
}
