package main

import (
	"fmt"

	"kinora/inference/device/cpu/simd"
	"kinora/inference/tensor"
)

// products are rows, columns and depth; the last two are the starter's.
var products = [][3]int{
	{240, 256, 256}, {960, 256, 256}, {960, 1024, 256}, {960, 256, 1024}, {240, 1024, 1024},
	{960, 1024, 1024}, {1500, 3072, 1024}, {240, 3072, 3072}, {960, 3072, 3072}, {3000, 3072, 3072},
	{240, 14336, 3072}, {960, 14336, 3072}, {960, 3072, 14336}, {1, 3072, 3072}, {512, 4096, 4096},
	{40, 192, 512}, {40, 4096, 4096}, {120, 4096, 4096}, {960, 320, 320}, {960, 1280, 320}, {960, 320, 1280}, {960, 960, 320},
}

func numbers(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i*7919%1000)/500 - 1
	}
	return v
}

func (b bench) products() {
	columns := []string{"packed before", "f32", "bf16"}
	if blas != nil {
		columns = append(columns, "OpenBLAS f32")
	}
	header("product C = A·Wᵀ: M N K, GFLOP/s", columns...)
	for _, s := range products {
		m, n, k := s[0], s[1], s[2]
		label := fmt.Sprint(m, " ", n, " ", k)
		if skip(label) {
			continue
		}
		w := numbers(n * k)
		short := make([]byte, 2*n*k)
		simd.Narrow(short, w, tensor.BF16)
		base := simd.Matmul{A: numbers(m * k), M: m, LDA: k, C: make([]float32, m*n), LDC: n}
		full, brain, ready := base, base, base
		full.W = simd.Weights{N: n, K: k, DType: tensor.F32, Data: tensor.Bytes(w)}
		brain.W = simd.Weights{N: n, K: k, DType: tensor.BF16, Data: short}
		ready.Packed = simd.Pack(b.p, full.W)
		all := []contender{{"packed", func() { ready.Do(b.p) }}, {"f32", func() { full.Do(b.p) }}, {"bf16", func() { brain.Do(b.p) }}}
		if blas != nil {
			all = append(all, contender{"blas", func() { blas(b.p.Threads(), m, n, k, base.A, w, base.C) }})
		}
		b.compare(label, 2*float64(m)*float64(n)*float64(k), all...)
	}
}
