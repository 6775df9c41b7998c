package simd

// Matmul is C = act(A·Wᵀ + bias), after which, where they are given, the gate
// multiplies and the residual adds: C = residual + gate·act(A·Wᵀ + bias).
type Matmul struct {
	A      []float32 // M rows of K numbers, LDA apart
	M, LDA int
	W      Weights
	Packed *Packed   // W made ready by Pack; W itself is then not read
	C      []float32 // M rows of N numbers, LDC apart; may be Residual, not A
	LDC    int

	Bias     []float32 // N, or nil
	Act      Act
	Gate     Rows
	Residual []float32 // M rows of N, LDC apart, or nil
}

// Packed is a matrix of weights in the order the kernels read it.
type Packed struct {
	n, k int
	data []float32
	wide [][]float32 // at level Plain: rows
}

// N and K return the sizes of the matrix: K numbers in, N out.
func (w *Packed) N() int { return w.n }

// K returns how many numbers a row has.
func (w *Packed) K() int { return w.k }

// Bytes returns the memory held.
func (w *Packed) Bytes() int64 { return 4 * int64(w.n) * int64(w.k) }

// Pack makes weights ready for many products. They are widened to f32, which
// takes 4 bytes a number; it does not keep w.Data.
func Pack(p *Pool, w Weights) *Packed {
	return &Packed{n: w.N, k: w.K, wide: wideRows(p, w)}
}

// Do computes the product.
func (a Matmul) Do(p *Pool) {
	w := a.Packed
	if w == nil {
		w = Pack(p, a.W)
	}
	a.plain(p, w)
}

// wideRows returns w as N rows of K numbers.
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

func (a Matmul) plain(p *Pool, w *Packed) {
	const tile = 4 // columns to a pass over a row
	p.Run(a.M, func(i int) {
		x := a.A[i*a.LDA:][:w.k]
		y := a.C[i*a.LDC:][:w.n]
		var tail []float32
		if a.Residual != nil {
			tail = a.Residual[i*a.LDC:][:w.n]
		}
		gate := a.Gate.row(i, w.n)
		for j := 0; j < w.n; j += tile {
			var s [tile]float32
			for t := range min(tile, w.n-j) {
				s[t] = dot(x, w.wide[j+t])
			}
			for t := range min(tile, w.n-j) {
				v := s[t]
				if a.Bias != nil {
					v += a.Bias[j+t]
				}
				v = a.Act.of(v)
				if gate != nil {
					v *= gate[j+t]
				}
				if tail != nil {
					v += tail[j+t]
				}
				y[j+t] = v
			}
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
