package simd

// RoPE turns neighbouring pairs (2i, 2i+1) of every head of x [rows, heads·d] by
// angles whose cosines and sines are [rows, d/2]. dst may be x.
func RoPE(p *Pool, dst, x, cos, sin []float32, rows, heads, d int) {
	half, width := d/2, heads*d
	p.spread(rows, 1+8192/width, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			c, s := cos[r*half:][:half], sin[r*half:][:half]
			for h := range heads {
				if p.set != nil {
					p.set.RoPE(heads, d, x[r*width:][:width], c, s, dst[r*width:][:width])
					break
				}
				x, y := x[r*width+h*d:][:d], dst[r*width+h*d:][:d]
				for i := range c {
					a, b := x[2*i], x[2*i+1]
					y[2*i], y[2*i+1] = a*c[i]-b*s[i], a*s[i]+b*c[i]
				}
			}
		}
	})
}
