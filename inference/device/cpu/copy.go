package cpu

func copyOp(c *call) { c.copy(c.out, c.in[0]) }

// copy is the built-in copy of slices that do not overlap, by all threads where it pays.
func (c *call) copy(to, from []byte) int {
	const piece = 1 << 18
	n := min(len(to), len(from))
	if n < 2*piece {
		return copy(to, from)
	}
	c.each((n+piece-1)/piece, func(i int) { copy(to[i*piece:min(n, (i+1)*piece)], from[i*piece:n]) })
	return n
}
