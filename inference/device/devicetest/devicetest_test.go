package devicetest

import (
	"math"
	"testing"

	"kinora/inference/tensor"
)

func TestWorst(t *testing.T) {
	exact := Result{V: []float64{1, 2, 3, 4}, Mag: []float64{1, 2, 3, 4}}
	nan := float32(math.NaN())
	for _, k := range []struct {
		out       []float32
		good      bool
		at, first int
	}{
		{[]float32{1, 2, 3, 4}, true, 0, -1}, {[]float32{1, 2.1, 3, 4}, false, 1, 1}, {[]float32{1, nan, 3, 4}, false, 1, 1},
		{[]float32{1, 2, nan, 4.5}, false, 2, 2}, {[]float32{nan, 2, 3, 4}, false, 0, 0}, {[]float32{1, 2, 3, float32(math.Inf(1))}, false, 3, 3},
		{[]float32{1.1, 2, 5, 4}, false, 2, 0},
	} {
		r := compare(k.out, exact, 0)
		if r.Good() != k.good || !k.good && (r.At != k.at || r.First != k.first) {
			t.Errorf("%v: %+v", k.out, r)
		}
	}
}

func TestRounded(t *testing.T) {
	for _, k := range []struct {
		v, want float64
		d       tensor.DType
	}{
		{1.00390625, 1, tensor.BF16}, {1.01171875, 1.015625, tensor.BF16}, {-3.14159, -3.140625, tensor.BF16},
		{1.00048828125, 1, tensor.F16}, {3e-8, 5.960464477539063e-08, tensor.F16}, {2e-8, 0, tensor.F16}, {0.1, 0.0999755859375, tensor.F16},
	} {
		if got := Rounded(k.v, k.d); got != k.want {
			t.Errorf("%g in %v is %g, want %g", k.v, k.d, got, k.want)
		}
	}
}
