package cuda

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kinora/inference/device/cuda/driver"
	"kinora/inference/device/devicetest"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
)

// When the word is set, no kernel writes anything.
func TestEveryKernelStops(t *testing.T) {
	ran := everyKernelStops(t, onHost(t, Options{}).(*Device), devicetest.Cases())
	for name := range everyKernelStops(t, onHost(t, Options{Precision: Fast}).(*Device), map[graph.Op][]devicetest.Case{graph.Attention: devicetest.Cases()[graph.Attention]}) {
		ran[name] = true
	}
	for _, name := range []string{"softmax_bf16", "turn_bf16", "attention_bf16_128", "attention_f32_1024"} {
		if !ran[name] {
			t.Errorf("%s did not run", name)
		}
	}
	if len(ran) < 30 {
		t.Errorf("only %d kernels ran", len(ran))
	}
	for dtype := range packed {
		if !slices.ContainsFunc(storedTiles, func(g gemmTile) bool { return ran["stored_"+g.name+"_"+dtype.String()] }) {
			t.Errorf("no product with %v as it is stored ran", dtype)
		}
	}
}

func everyKernelStops(t *testing.T, d *Device, all map[graph.Op][]devicetest.Case) map[string]bool {
	t.Helper()
	ran := map[string]bool{}
	for op, cases := range all {
		for _, c := range cases {
			g, err := graph.Build(c.Weights.Info, func(s *graph.Scope) []*graph.Node { return []*graph.Node{c.Draw(s)} })
			if err != nil {
				t.Fatal(err)
			}
			p, err := plan.Compile(g, d.Options())
			if err != nil {
				t.Fatal(err)
			}
			prog, err := d.Load(p, c.Weights, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range prog.(*program).lay.launches {
				ran[l.Kernel] = true
			}
			out := slices.Repeat([]float32{float32(math.NaN())}, prog.Out(0).Shape().Len())
			if err := prog.Out(0).Write(tensor.Bytes(out)); err != nil {
				t.Fatal(err)
			}
			if err := d.do(func() error { return d.drv.Upload(driver.Control, d.stop, []byte{1, 0, 0, 0}) }); err != nil {
				t.Fatal(err)
			}
			if err := prog.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			clear(out)
			if err := prog.Out(0).Read(tensor.Bytes(out)); err != nil {
				t.Fatal(err)
			}
			if i := slices.IndexFunc(out, func(v float32) bool { return v == v }); i >= 0 {
				t.Errorf("%v %s wrote [%d] after it was stopped", op, c.Name, i)
			}
			if err := prog.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return ran
}

// Every kernel there is looks at the word before anything else.
func TestEveryKernelLooks(t *testing.T) {
	body := regexp.MustCompile(`(?s)KERNEL\([^{]*\{\s*\\?\s*if \((all_)?stopped\(stop\)\) return;`)
	files, err := filepath.Glob("../../../kernels/*.cu")
	if err != nil || len(files) == 0 {
		t.Fatal("no kernels", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if all, good := strings.Count(string(b), "KERNEL("), len(body.FindAll(b, -1)); all == 0 || all != good {
			t.Errorf("%s: %d of %d kernels look", filepath.Base(f), good, all)
		}
	}
}

// The kernels that make pictures belong to no operation of the graph.
func TestPictures(t *testing.T) {
	d := onHost(t, Options{}).(*Device)
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
		return v
	}
	put := func(v []float32) mem {
		b, err := d.Alloc(tensor.F32, tensor.Shape{len(v)})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Write(tensor.Bytes(v)); err != nil {
			t.Fatal(err)
		}
		return mem{b.(*buffer).at, b.(*buffer).size}
	}
	run := func(file, kernel string, threads, bytes int, args ...any) []byte {
		out, err := d.Alloc(tensor.U8, tensor.Shape{bytes})
		if err != nil {
			t.Fatal(err)
		}
		c := &call{layout: &layout{dev: d}}
		c.launch(file, kernel, blocks(threads, 256), 256, 0, append([]any{mem{out.(*buffer).at, int64(bytes)}}, args...)...)
		if err := d.do(func() error { return d.drv.Launch(driver.Compute, &c.launches[0]) }); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, bytes)
		if err := out.Read(got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	level := func(v float32) byte { return byte((max(-1, min(1, v)) + 1) / 2 * 255) }

	pix := append(random(1021), -1, 1, -2, 2, 0)
	for i, b := range run("frames", "frames_rgb8", (len(pix)+3)/4, len(pix), put(pix), len(pix)) {
		if b != level(pix[i]) {
			t.Fatalf("colour %g is %d, want %d", pix[i], b, level(pix[i]))
		}
	}
	const n, ch = 77, 5
	z, w, bias := random(n*ch), random(3*ch), random(3)
	got := run("preview", "preview_rgb8", n, 3*n, put(z), put(w), put(bias), n, ch)
	for i := range n {
		for j := range 3 {
			want := float64(bias[j])
			for k := range ch {
				want += float64(z[i*ch+k]) * float64(w[3*k+j])
			}
			if diff := math.Abs(float64(got[3*i+j]) - float64(level(float32(want)))); diff > 1 {
				t.Fatalf("pixel %d, colour %d: %d, want %d", i, j, got[3*i+j], level(float32(want)))
			}
		}
	}
}

// What models do between layers finds its operands in 16 bits where they were
// made before, and makes them anew once the source has changed.
func TestScratchIsFoundAgain(t *testing.T) {
	f := newFake()
	d := faked(t, f, Options{})
	src, _ := stack(4)
	p := loaded(t, d, src, func(s *graph.Scope) []*graph.Node {
		x := s.Input("x", tensor.F32, 3, 64)
		w := func(i int) *graph.Node {
			return s.Weight([]string{"blocks.0.w", "blocks.1.w", "blocks.2.w", "blocks.3.w"}[i], 64, 64)
		}
		q, k, v := x.Linear(w(0), nil, graph.NoAct), x.Linear(w(1), nil, graph.NoAct), x.Linear(w(2), nil, graph.NoAct)
		return []*graph.Node{x.Add(q.Add(k).Add(v).Linear(w(3), nil, graph.NoAct))}
	})
	var names []string
	for _, l := range p.(*program).lay.launches {
		names = append(names, l.Kernel)
	}
	// the second addition is in the third product's epilogue, the last in the fourth's
	same(t, names, "narrow_bf16", "matmul_bf16_64x64", "matmul_bf16_64x64", "matmul_bf16_64x64", "add", "add", "narrow_bf16", "matmul_bf16_64x64")
}
