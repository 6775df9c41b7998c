// Package simd holds the numeric kernels of the CPU: products, convolution,
// attention, norms and functions of rows, in f32, spread over a Pool of threads.
// The same arguments give the same bytes on any number of threads: work is
// divided over outputs only, and the order of every sum is fixed by the sizes.
//
// It does not know graphs, tensors' names or models. Slices must be as long as
// the sizes say; a shorter one is a programming error and panics as Go's own
// bounds checks do.
package simd

import "kinora/inference/tensor"

// An Act is a function of one number.
type Act uint8

// The activations. GELU is the tanh approximation.
const (
	NoAct Act = iota
	SiLU
	GELU
)

// Rows is a vector for every group of rows: group g is Data[g·Stride:][:dim] and
// serves the rows g·Every … (g+1)·Every. Nil Data means that there is none.
type Rows struct {
	Data   []float32
	Stride int
	Every  int
}

// row returns the vector that serves row i.
func (r Rows) row(i, dim int) []float32 {
	if r.Data == nil {
		return nil
	}
	return r.Data[i/r.Every*r.Stride:][:dim]
}

// check panics unless there is a vector for each of rows.
func (r Rows) check(rows, dim int) {
	if rows > 0 {
		r.row(rows-1, dim)
	}
}

// Weights is a matrix as it lies in a checkpoint: [N, K] row by row, or [K, N]
// when KN is set.
type Weights struct {
	N, K  int
	DType tensor.DType
	Data  []byte
	KN    bool

	// numbers, where Data is nil, are what words of two are to be made of.
	numbers *Weights
}
