//go:build openblas

package main

/*
#cgo LDFLAGS: -lopenblas
#include <stdlib.h>
#include <cblas.h>
*/
import "C"

import "unsafe"

// blas is OpenBLAS' product.
var blas = func(threads, m, n, k int, a, w, c []float32) {
	C.openblas_set_num_threads(C.int(threads))
	C.cblas_sgemm(C.CblasRowMajor, C.CblasNoTrans, C.CblasTrans, C.int(m), C.int(n), C.int(k), 1,
		f(a), C.int(k), f(w), C.int(k), 0, f(c), C.int(n))
}

func f(v []float32) *C.float { return (*C.float)(unsafe.SliceData(v)) }
