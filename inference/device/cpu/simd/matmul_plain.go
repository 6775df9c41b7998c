package simd

// wideRows returns w as N rows of K numbers, for level Plain.
func wideRows(p *Pool, w Weights) [][]float32 {
	all := make([]float32, w.N*w.K)
	rows := make([][]float32, w.N)
	for j := range rows {
		rows[j] = all[j*w.K:][:w.K:w.K]
	}
	if w.KN {
		flat := make([]float32, w.N*w.K)
		Widen(flat, w.Data, w.DType)
		p.spread(w.N, 16, func(lo, hi int) {
			for k := range w.K {
				for j := lo; j < hi; j++ {
					rows[j][k] = flat[k*w.N+j]
				}
			}
		})
		return rows
	}
	p.spread(w.N, 16, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			Widen(rows[j], w.Data[w.DType.Size(j*w.K):], w.DType)
		}
	})
	return rows
}

func (a Matmul) plain(p *Pool) {
	w := a.Packed
	p.Run(a.M, func(i int) {
		x := a.A[i*a.LDA:][:w.k]
		y := a.C[i*a.LDC:][:w.n]
		var tail []float32
		if a.Residual != nil {
			tail = a.Residual[i*a.LDC:][:w.n]
		}
		gate := a.Gate.row(i, w.n)
		for j := range y {
			v := dot(x, w.rows[j])
			if a.Bias != nil {
				v += a.Bias[j]
			}
			v = a.Act.of(v)
			if gate != nil {
				v *= gate[j]
			}
			if tail != nil {
				v += tail[j]
			}
			y[j] = v
		}
	})
}

func dot(x, y []float32) float32 {
	var s0, s1, s2, s3 float32
	y = y[:len(x)]
	i := 0
	for ; i+4 <= len(x); i += 4 {
		s0 += x[i] * y[i]
		s1 += x[i+1] * y[i+1]
		s2 += x[i+2] * y[i+2]
		s3 += x[i+3] * y[i+3]
	}
	for ; i < len(x); i++ {
		s0 += x[i] * y[i]
	}
	return (s0 + s1) + (s2 + s3)
}
