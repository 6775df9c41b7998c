package cuda

import "kinora/inference/tensor"

// packed are the types that weights keep on the GPU: products of few rows widen them as
// they multiply (stored.go), others into scratch, just before. Kernels number them so
// (include/stored.cuh).
var packed = map[tensor.DType]int{
	tensor.F8E4M3: 0, tensor.F8E5M2: 1, tensor.Q4_0: 2, tensor.Q4_1: 3, tensor.Q5_0: 4, tensor.Q5_1: 5, tensor.Q8_0: 6,
	tensor.Q2K: 7, tensor.Q3K: 8, tensor.Q4K: 9, tensor.Q5K: 10, tensor.Q6K: 11, tensor.IQ4NL: 12, tensor.IQ4XS: 13,
}

// widened returns input i, a packed weight, in the form asked for, in scratch and times
// input scale, unless that is 0. What is there already is not made again.
func (c *call) widened(o operand, i, scale int) (mem, error) {
	to, rows := o.form, o.rows()
	from, by, step, err := c.packed(o, i, scale)
	if err != nil {
		return mem{}, err
	}
	m, there := c.scratch.find(narrowed{from: from, k: to.width, padded: to.padded, dtype: to.dtype}, to.dtype.Size(rows*to.padded))
	if !there {
		c.launch("widen", "widen", blocks(rows*blocks(to.padded, 8), 256), 256, 0, m, from, by, step, rows, to.width, to.padded, packed[o.stored], storedAs[to.dtype])
	}
	return m, nil
}

// packed returns input i, a packed weight, as it is stored; its scale, input scale,
// unless that is 0; and how many of its numbers it is from one row's scale to the next.
func (c *call) packed(o operand, i, scale int) (w, by mem, step int, err error) {
	o.form = form{o.stored, o.form.width, o.form.width, 1}
	if w, err = c.operand(o, c.slots[i]); err != nil || scale == 0 {
		return w, by, 0, err
	}
	by, err = c.f(scale)
	return w, by, min(1, c.n.In[scale].Shape.Len()-1), err
}

// storedAs is how kernels number the types of results (include/number.cuh).
var storedAs = map[tensor.DType]int{tensor.F32: 0, tensor.BF16: 1, tensor.F16: 2}
