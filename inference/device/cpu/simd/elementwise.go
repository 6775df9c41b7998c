package simd

// Operations of kernel.Set.Pair.
const (
	add = iota
	mul
)

// Add computes dst = x + y; a shorter y is repeated. dst may be x.
func Add(p *Pool, dst, x, y []float32) {
	pairwise(p, dst, x, y, func(d, x, y []float32) {
		if p.set != nil {
			p.set.Pair(add, x, y, d)
			return
		}
		for i, v := range x {
			d[i] = v + y[i]
		}
	})
}

// Mul computes dst = x × y; a shorter y is repeated. dst may be x.
func Mul(p *Pool, dst, x, y []float32) {
	pairwise(p, dst, x, y, func(d, x, y []float32) {
		if p.set != nil {
			p.set.Pair(mul, x, y, d)
			return
		}
		for i, v := range x {
			d[i] = v * y[i]
		}
	})
}

// pairwise hands f pieces of equal length; a y of one number is spread first.
func pairwise(p *Pool, dst, x, y []float32, f func(d, x, y []float32)) {
	dst = dst[:len(x)]
	if len(y) == 1 {
		one := make([]float32, min(len(x), 1024))
		for i := range one {
			one[i] = y[0]
		}
		y = one
	}
	p.spread(len(x), 8192, func(lo, hi int) {
		for lo < hi {
			from := lo % len(y)
			n := min(hi-lo, len(y)-from)
			f(dst[lo:lo+n], x[lo:lo+n], y[from:from+n])
			lo += n
		}
	})
}

// MulAdd computes dst = x + y·gate for rows of dim numbers: a gated residual. dst
// may be x or y.
func MulAdd(p *Pool, dst, x, y []float32, dim int, gate Rows) {
	rows := len(x) / dim
	p.spread(rows, 1+8192/dim, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			g := gate.row(r, dim)
			d, x, y := dst[r*dim:][:dim], x[r*dim:][:dim], y[r*dim:][:dim]
			if p.set != nil {
				p.set.MulAdd(x, y, g, d)
				continue
			}
			for i, v := range x {
				d[i] = v + y[i]*g[i]
			}
		}
	})
}

// Modulate computes dst = x·(1+scale) + shift for rows of dim numbers. dst may be x.
func Modulate(p *Pool, dst, x []float32, dim int, scale, shift Rows) {
	rows := len(x) / dim
	p.spread(rows, 1+8192/dim, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			sc, sh := scale.row(r, dim), shift.row(r, dim)
			d, x := dst[r*dim:][:dim], x[r*dim:][:dim]
			if p.set != nil {
				p.set.Modulate(x, sc, sh, d)
				continue
			}
			for i, v := range x {
				d[i] = v*(1+sc[i]) + sh[i]
			}
		}
	})
}
