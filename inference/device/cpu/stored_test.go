package cpu

import (
	"math"
	"testing"

	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/quant"
)

// TestStoredTypes multiplies with weights as they are stored, and with the same
// weights widened beforehand: the products must be the same bytes.
func TestStoredTypes(t *testing.T) {
	const n, k = 24, 512
	wide := make([]float32, n*k)
	for i := range wide {
		wide[i] = float32(math.Sin(float64(i) * 0.7))
	}
	for _, d := range []tensor.DType{tensor.BF16, tensor.F16, tensor.F8E4M3, tensor.F8E5M2, tensor.Q4_0, tensor.Q5_1, tensor.Q8_0} {
		for _, rows := range []int{1, 3, 40} {
			stored := make([]byte, d.Size(n*k))
			if err := quant.Narrow(stored, d, wide); err != nil {
				t.Fatal(err)
			}
			again := make([]float32, n*k)
			if err := quant.Widen(again, d, stored); err != nil {
				t.Fatal(err)
			}
			src := weights.Map{
				"stored": {DType: d, Shape: tensor.Shape{n, k}, Data: stored},
				"wide":   {DType: tensor.F32, Shape: tensor.Shape{n, k}, Data: tensor.Bytes(again)},
			}
			got, want := product(t, src, "stored", rows, n, k), product(t, src, "wide", rows, n, k)
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("%v, %d rows: element %d is %g, widened %g", d, rows, i, got[i], want[i])
				}
			}
		}
	}
}

func product(t *testing.T, src weights.Map, weight string, rows, n, k int) []float32 {
	t.Helper()
	dev := New(Options{Threads: 2})
	defer dev.Close()
	g, err := graph.Build(src.Info, func(s *graph.Scope) []*graph.Node {
		return []*graph.Node{s.Input("x", tensor.F32, rows, k).Linear(s.Weight(weight, n, k), nil, graph.NoAct)}
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Compile(g, dev.Options())
	if err != nil {
		t.Fatal(err)
	}
	prog, err := dev.Load(p, src, nil)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, rows*k)
	for i := range x {
		x[i] = float32(math.Cos(float64(i) * 0.3))
	}
	if err := prog.In("x").Write(tensor.Bytes(x)); err != nil {
		t.Fatal(err)
	}
	if err := prog.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	out := make([]float32, rows*n)
	if err := prog.Out(0).Read(tensor.Bytes(out)); err != nil {
		t.Fatal(err)
	}
	return out
}
