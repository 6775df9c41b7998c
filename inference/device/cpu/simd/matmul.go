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

// Do computes the product.
func (a Matmul) Do(p *Pool) {
	if a.M <= 0 {
		return
	}
	n, k := a.size()
	a.check(n, k)
	switch {
	case p.set == nil && a.Packed == nil:
		a.Packed = Pack(p, a.W)
		a.plain(p)
	case p.set == nil:
		a.plain(p)
	case a.Packed == nil && a.M <= few && !a.W.KN:
		a.fewRows(p)
	case a.streams(p):
		a.stream(p)
	default:
		a.blocked(p)
	}
}

func (a Matmul) size() (n, k int) {
	if a.Packed != nil {
		return a.Packed.n, a.Packed.k
	}
	return a.W.N, a.W.K
}

// check panics where a slice is too short.
func (a Matmul) check(n, k int) {
	_ = a.A[:(a.M-1)*a.LDA+k]
	_ = a.C[:(a.M-1)*a.LDC+n]
	if a.Packed == nil {
		_ = a.W.Data[:a.W.DType.Size(n*k)]
	}
	if a.Bias != nil {
		_ = a.Bias[:n]
	}
	if a.Residual != nil {
		_ = a.Residual[:(a.M-1)*a.LDC+n]
	}
	a.Gate.check(a.M, n)
}
