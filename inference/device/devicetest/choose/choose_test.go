package choose

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"kinora/inference/device"
	"kinora/inference/device/devicetest"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

func TestOperations(t *testing.T) {
	if os.Getenv("KINORA_TEST_DEVICE") == "" {
		t.Skip("the devices' own tests run these; KINORA_TEST_DEVICE names another")
	}
	devicetest.Run(t, Device(t))
}

// load draws a stack of layers large enough to be cancelled inside.
func load(t *testing.T, d device.Device, dim, layers int) device.Program {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	w := make([]float32, dim*dim)
	for i := range w {
		w[i] = float32(r.NormFloat64()) / 8
	}
	src := weights.Map{"w": {DType: tensor.F32, Shape: tensor.Shape{dim, dim}, Data: tensor.Bytes(w)}}
	g, err := graph.Build(src.Info, func(s *graph.Scope) []*graph.Node {
		x := s.Input("x", tensor.F32, 2*dim, dim)
		for range layers {
			x = x.Linear(s.Weight("w", dim, dim), nil, graph.SiLU).Normalise(graph.NormAttr{Kind: graph.RMSNorm, Eps: 1e-6}, nil, nil)
		}
		return []*graph.Node{x}
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Compile(g, d.Options())
	if err != nil {
		t.Fatal(err)
	}
	prog, err := d.Load(p, src, nil)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 2*dim*dim)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	if err := prog.In("x").Write(tensor.Bytes(x)); err != nil {
		t.Fatal(err)
	}
	return prog
}

// Runs that are cancelled at any time leave the next run whole, and the same
// inputs give the same bytes every time.
func TestCancelAtRandom(t *testing.T) {
	d := Device(t)
	times, dim, layers := 30, 32, 8
	if os.Getenv("KINORA_TEST_DEVICE") == "cuda" {
		times, dim, layers = 1000, 1024, 64
	}
	p := load(t, d, dim, layers)
	defer p.Close()
	run := func() []byte {
		t.Helper()
		if err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 4*2*dim*dim)
		if err := p.Out(0).Read(b); err != nil {
			t.Fatal(err)
		}
		return b
	}
	want := run() // the first loads kernels, the second records
	run()
	start := time.Now()
	run()
	whole := time.Since(start)
	r := rand.New(rand.NewPCG(5, 6))
	var late []time.Duration
	for i := range times {
		ctx, cancel := context.WithCancel(t.Context())
		after := time.Duration(r.Int64N(int64(whole) + 1))
		var at time.Time
		stop := time.AfterFunc(after, func() {
			at = time.Now()
			cancel()
		})
		err := p.Run(ctx)
		if stop.Stop() == false && err != nil {
			late = append(late, time.Since(at))
		}
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if i%10 == 0 && !slices.Equal(run(), want) {
			t.Fatalf("after %d cancelled runs the result is another", i+1)
		}
	}
	if slices.Sort(late); len(late) > 0 {
		t.Logf("a run takes %v; %d of %d runs were cancelled inside; from cancelling to the end: median %v, 99th %v, longest %v",
			whole, len(late), times, late[len(late)/2], late[len(late)*99/100], late[len(late)-1])
	}
}
