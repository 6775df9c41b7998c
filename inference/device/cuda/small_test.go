package cuda

import (
	"testing"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// TestSmallModelsComputeExactly: with Small, Auto computes plans of few weights in
// float32 and all others as their weights are stored; other precisions are as asked.
func TestSmallModelsComputeExactly(t *testing.T) {
	src, draw := stack(2)
	for _, c := range []struct {
		o    Options
		want tensor.DType
	}{
		{Options{}, tensor.BF16},
		{Options{Small: 2*64*64 + 1}, tensor.F32},
		{Options{Small: 2 * 64 * 64}, tensor.BF16},
		{Options{Small: 1 << 30, Precision: Fast}, tensor.BF16},
		{Options{Precision: Exact}, tensor.F32},
	} {
		d := faked(t, newFake(), c.o)
		p := compiled(t, d, src, draw)
		of, products := d.RoundingOf(p), 0
		for _, step := range p.Steps {
			if step.Node != nil && step.Node.Op == graph.MatMul {
				products++
				if got := of(step.Node); got != c.want {
					t.Errorf("%+v: %v, want %v", c.o, got, c.want)
				}
			}
		}
		if products != 2 {
			t.Errorf("%d products, want 2", products)
		}
	}
}
