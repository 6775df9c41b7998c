package cuda

import (
	"math"
	"testing"

	"kinora/inference/device"
	"kinora/inference/device/devicetest"
	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// TestPackedWeightsStayAsStored: weights of 8 bits and of blocks take on the GPU what
// they take in the file, and products see the very numbers that the CPU sees: times the
// unit matrix, in float32, they come out bit by bit.
func TestPackedWeightsStayAsStored(t *testing.T) {
	d := onHost(t, Options{Precision: Exact})
	for dtype := range packed {
		t.Run(dtype.String(), func(t *testing.T) {
			const n, k = 5, 512
			v := make([]float32, n*k)
			for i := range v {
				v[i] = float32(math.Sin(float64(i*i))) * float32(1+i%7) / 8
			}
			b := make([]byte, dtype.Size(n*k))
			want := devicetest.Packed(b, dtype, v)
			src := weights.Map{"w": {DType: dtype, Shape: tensor.Shape{n, k}, Data: b}}
			g, err := graph.Build(src.Info, func(s *graph.Scope) []*graph.Node {
				return []*graph.Node{s.Input("x", tensor.F32, k, k).Linear(s.Weight("w", n, k), nil, graph.NoAct)}
			})
			if err != nil {
				t.Fatal(err)
			}
			p, err := device.Compile(d, g)
			if err != nil {
				t.Fatal(err)
			}
			sizes, err := d.(device.Sizer).Sizes(p)
			if err != nil {
				t.Fatal(err)
			}
			var held int64
			for _, n := range sizes.Shared {
				held += n
			}
			if held != roundUp(int64(len(b))) {
				t.Errorf("%d bytes are held of %d", held, len(b))
			}
			pr, err := d.Load(p, src, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer pr.Close()
			x, y := make([]float32, k*k), make([]float32, k*n)
			for i := range k {
				x[i*k+i] = 1
			}
			if err := pr.In("x").Write(tensor.Bytes(x)); err != nil {
				t.Fatal(err)
			}
			if err := pr.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := pr.Out(0).Read(tensor.Bytes(y)); err != nil {
				t.Fatal(err)
			}
			for i := range n {
				for j := range k {
					if got := y[j*n+i]; math.Float32bits(got) != math.Float32bits(want[i*k+j]) && got != want[i*k+j] {
						t.Fatalf("row %d, number %d: %g, want %g", i, j, got, want[i*k+j])
					}
				}
			}
		})
	}
}
