package cpu

import (
	"kinora/inference/tensor"
	"kinora/inference/weights/quant"
)

// operand is f, rounded to what the operation's operands are rounded to.
func (c *call) operand(i int) []float32 {
	v := c.f(i)
	if c.p.round == nil {
		return v
	}
	d := c.p.round(c.n)
	if d == tensor.F32 {
		return v
	}
	narrow, out := make([]byte, d.Size(len(v))), make([]float32, len(v))
	if err := quant.Narrow(narrow, d, v); err != nil {
		return v
	}
	if err := quant.Widen(out, d, narrow); err != nil {
		return v
	}
	return out
}
