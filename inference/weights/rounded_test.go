package weights

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"kinora/inference/tensor"
	"kinora/inference/weights/quant"
)

// Tensors of float32 are shown as other types, to the bit what rounding them makes; all
// others are as they are.
func TestRounded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	large := make([]float32, 1<<18+7) // more than one core's share
	for i := range large {
		large[i] = float32(r.NormFloat64())
	}
	short := make([]byte, tensor.BF16.Size(3))
	src := Map{
		"a.weight": {DType: tensor.F32, Shape: tensor.Shape{len(large)}, Data: tensor.Bytes(large)},
		"b.weight": {DType: tensor.F32, Shape: tensor.Shape{2, 2}, Data: tensor.Bytes([]float32{1, 2, 3, 65519})},
		"c.weight": {DType: tensor.BF16, Shape: tensor.Shape{3}, Data: short},
		"c.bias":   {DType: tensor.F32, Shape: tensor.Shape{2}, Data: tensor.Bytes([]float32{1, 2})},
	}
	s, numbers := Rounded(src, func(name string, shape tensor.Shape) (tensor.DType, bool) {
		if name == "a.weight" {
			return tensor.BF16, true
		}
		return tensor.F16, strings.HasSuffix(name, ".weight")
	})
	if numbers != int64(len(large)+4) {
		t.Errorf("%d numbers are rounded", numbers)
	}
	for name, as := range map[string]tensor.DType{"a.weight": tensor.BF16, "b.weight": tensor.F16, "c.weight": tensor.BF16, "c.bias": tensor.F32} {
		d, shape, ok := s.Info(name)
		if !ok || d != as || !shape.Equal(src[name].Shape) {
			t.Errorf("%s is %v %v", name, d, shape)
		}
		want := src[name].Data
		if made := as != src[name].DType; made != Made(s, name) {
			t.Errorf("%s: made %v", name, !made)
		} else if made {
			want = make([]byte, as.Size(shape.Len()))
			if err := quant.Narrow(want, as, tensor.View[float32](src[name].Data)); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Bytes(name)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s has other bytes (%v)", name, err)
		}
		again := make([]byte, len(want))
		if err := Read(s, name, again); err != nil || !slices.Equal(again, want) {
			t.Errorf("%s is read as other bytes (%v)", name, err)
		}
	}
	if same, n := Rounded(src, func(string, tensor.Shape) (tensor.DType, bool) { return 0, false }); n != 0 || same.(Map) == nil {
		t.Error("where nothing is rounded the source is another")
	}
}
