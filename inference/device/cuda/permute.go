package cuda

import (
	"fmt"

	"kinora/inference/graph"
)

func permute(c *call) error {
	x, err := c.f(0)
	if err != nil {
		return err
	}
	dims, err := strides(c.shape(0), c.n.Attr.(graph.PermuteAttr).Order)
	if err != nil {
		return err
	}
	n := c.n.Shape.Len()
	args := []any{c.out, x, n}
	for _, d := range dims {
		args = append(args, d)
	}
	c.launch("permute", "permute", blocks(n, 1024), 256, 0, args...)
	return nil
}

// strides lists size and stride of the dimensions that come out, neighbours that
// stay together as one, innermost last.
func strides(in, order []int) (dims [8]uint64, err error) {
	stride := make([]int, len(in))
	for i, s := len(in)-1, 1; i >= 0; i-- {
		stride[i] = s
		s *= in[i]
	}
	type dim struct{ size, stride int }
	var out []dim
	for _, d := range order {
		if in[d] == 1 {
			continue
		}
		if n := len(out); n > 0 && out[n-1].stride == in[d]*stride[d] {
			out[n-1] = dim{out[n-1].size * in[d], stride[d]}
			continue
		}
		out = append(out, dim{in[d], stride[d]})
	}
	if len(out) > 8 {
		return dims, fmt.Errorf("%v by %v: more than 8 dimensions", in, order)
	}
	for i := range dims {
		dims[i] = 1 << 32
	}
	for i, d := range out {
		dims[8-len(out)+i] = uint64(d.size)<<32 | uint64(d.stride)
	}
	return dims, nil
}
