// Package kernel holds the inner loops of package simd, written in C with GCC's
// vector types and built once for each instruction set. A kernel does a piece of
// work on one thread.
//
// It does not know threads, checks no lengths and allocates nothing: all that is
// package simd's business.
package kernel

// A Set is the kernels of one instruction set.
type Set struct {
	Name            string
	TileRows, Panel int // most rows of a left panel, columns of a right one
	// Unit is how many rows Stream takes together; a multiple of StreamCols columns
	// suits it.
	Unit, StreamCols int

	// PackLeft packs rows [lo, hi) of K numbers, lda apart, into one panel.
	PackLeft func(lo, hi, k int, a []float32, lda int, out []float32)
	// CopyLeft copies rows [lo, hi), lda apart, to where l says they lie.
	CopyLeft func(lo, hi int, l Left, a []float32, lda int, out []float32)
	// PackRight packs n columns, which are rows of stored weights stride bytes
	// apart or, with kn, columns of K rows, into one panel.
	PackRight func(t Type, n, k int, w []byte, stride int, kn bool, out []float32)
	Gemm      func(g Gemm, a, b, c []float32, f Finish)
	Gemv      func(g Gemv, a []float32, w []byte, c []float32, f Finish)

	// PackAcross packs numbers [lo, hi) of m rows of k, lda apart, for Stream, which
	// takes m rounded up to units, by k numbers.
	PackAcross func(lo, hi, m, k int, a []float32, lda int, out []float32)
	// Stream multiplies a left side that PackAcross has packed by weights as they lie.
	// sums is room for M rounded up to units, by N rounded up to StreamCols and 16 more.
	Stream func(g Stream, a []float32, w []byte, sums, c []float32, f Finish)

	ConvScratch func(c *Conv) int
	Conv        func(c *Conv, piece ConvPiece, x, cache, w, y []float32, f Finish, scratch []float32)

	// ConvPlanar computes rows [y0, y1) of a frame, for few outputs, from weights
	// packed as left panels; columns must have stride 1 and there may be 32 taps.
	PlanarScratch func(c *Conv) int
	ConvPlanar    func(c *Conv, frame, y0, y1 int, x, cache, left, y []float32, f Finish, scratch []float32)

	AttentionScratch func(dim int) int
	Attention        func(a *Attention, q, k, v, bias, out, scratch []float32)

	Norm     func(n *Norm, lo, hi int, x, y []float32)
	Softmax  func(dim, lo, hi int, x, y []float32)
	Act      func(act int, x, y []float32)
	Pair     func(op int, x, y, d []float32)
	MulAdd   func(x, y, gate, d []float32)
	Modulate func(x, scale, shift, d []float32)
	RoPE     func(heads, d int, x, cos, sin, y []float32)
	Widen    func(t Type, dst []float32, src []byte)
	Peak     func(rounds int) (operations float64)

	// RoundPairs rounds rows of k numbers, lda apart, to words of two bfloat16 numbers,
	// ldo words apart; the last is half zero where k is odd.
	RoundPairs func(rows, k int, a []float32, lda int, out []float32, ldo int)
}

// A Type is how weights are stored.
type Type int

// The types that kernels read; others are widened to F32 before. Those from Q8_0 on
// are blocks or of 8 bits, which only Widen reads.
const (
	F32 Type = iota
	BF16
	F16
	Q8_0
	Q4_0
	Q4K
	Q5K
	Q6K
	F8E4M3
	F8E5M2
)

// Finish is what happens to a product before it is stored, as in simd.Matmul.
type Finish struct {
	Bias, Gate, Tail                   []float32
	Act, GateStride, GateEvery, TailLD int
	Row0                               int // what row 0 of a Gemm is to the gate
}

// Left says how the left side of a product lies, M rows of K numbers: rows LD apart,
// and, K being taken in steps of KC, Step from one step to the next.
type Left struct{ M, K, KC, LD, Step int }

// Gemm says which part of a product is computed: the rows of tiles [I0, I1) of the
// Panels that M rows are divided into, columns [N0, N1) with N0 at the beginning of
// a right panel, and [K0, K1) of K with K0 at the beginning of a step. The right
// panels hold Depth numbers of each column, From on.
type Gemm struct {
	Left
	Panels, I0, I1, N0, N1, K0, K1, From, Depth, LDC int

	Next Stored
}

// Stored is a piece of stored weights that will be packed next, and is worth
// fetching by then: so many rows and bytes of them, Stride apart. It may be empty.
type Stored struct {
	At                  []byte
	Rows, Bytes, Stride int
}

// Gemv says which part of a product of a few rows is computed.
type Gemv struct {
	M, N0, N1, K, LDA int
	Type              Type
	Stride, LDC       int // bytes between rows of weights; numbers between rows of c
}

// Stream says what is multiplied: M rows of K numbers, taken in steps of KC, by N rows
// of weights, Stride bytes apart. Then is what will be multiplied next, worth
// fetching by then; it may be nil.
type Stream struct {
	M, N, K, KC int
	Type        Type
	Stride, LDC int
	Then        []byte
}

// Conv holds the sizes of a convolution.
type Conv struct {
	H, W, C, Front, T      int
	KT, KH, KW, ST, SH, SW int
	Top, Left              int
	Up                     bool
	HO, WO, O              int
}

// ConvPiece says which part is computed: in frame F the tiles [G0, G1), of which
// a row of WO pixels has ⌈WO/TileRows⌉, and columns [N0, N1).
type ConvPiece struct{ F, G0, G1, N0, N1 int }

// Attention holds the sizes of attention for a run of queries of Heads heads, which
// lie Dim apart, and their biases BiasHead; Near means that query i sees the keys I0+i−Window … I0+i+Window only.
type Attention struct {
	Queries, Keys, Dim         int
	QStep, KStep, VStep, OStep int
	Scale                      float32
	BiasQ, BiasK               int
	Heads, BiasHead            int
	Near                       bool
	Window, I0                 int
}

// Norm is simd.Norm.
type Norm struct {
	Kind, Dim, Act                                   int
	Eps                                              float64
	Weight, Bias, Scale, Shift                       []float32
	ScaleStride, ScaleEvery, ShiftStride, ShiftEvery int
}
