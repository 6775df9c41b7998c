//go:build !openblas

package main

// blas is OpenBLAS' product, nil where it is not built in.
var blas func(threads, m, n, k int, a, w, c []float32)
