package wan

import (
	"strings"
	"testing"

	"kinora/inference/device"
	"kinora/inference/device/devicetest/choose"
	"kinora/inference/golden"
	"kinora/inference/graph"
	"kinora/inference/model"
	"kinora/inference/plan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// ditOnly is a model of which only the denoiser is drawn: the checks that hold the
// parts together need the others to fit.
func ditOnly(t *testing.T, dit string) *Wan {
	t.Helper()
	d := golden.Open(t, dit)
	w := &Wan{parts: model.Checkpoint{Denoiser: d.Tensors}}
	patch := d.Shape(t, "patch_embedding.weight")
	w.dim, w.freq = patch[0], d.Shape(t, "time_embedding.0.weight")[1]
	w.textDim = d.Shape(t, "text_embedding.0.weight")[1]
	w.cfg = Config{Heads: d.Int(t, "config", "num_heads"), TextLen: d.Int(t, "config", "text_len"), Eps: float32(d.Config("config", "eps").(float64))}
	if norm, ok := d.Config("config", "qk_norm").(bool); ok {
		w.cfg.QKNorm = &norm
	}
	w.traits = model.Traits{Channels: patch[1], Patch: [3]int{patch[2], patch[3], patch[4]}, Layers: layers(d.Tensors, "blocks.")}
	return w
}

// load draws, exposes taps after the outputs, and loads.
func load(t *testing.T, dev device.Device, src weights.Source, taps []string, with device.Program, draw func(s *graph.Scope) *graph.Node) device.Program {
	t.Helper()
	g, err := graph.Build(src.Info, func(s *graph.Scope) []*graph.Node { return []*graph.Node{draw(s)} })
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Expose(taps...); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Compile(g, dev.Options())
	if err != nil {
		t.Fatal(err)
	}
	prog, err := dev.Load(p, src, with)
	if err != nil {
		t.Fatal(err)
	}
	return prog
}

func write[T tensor.Number](t *testing.T, p device.Program, name string, v []T) {
	t.Helper()
	if err := p.In(name).Write(tensor.Bytes(v)); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, p device.Program) {
	t.Helper()
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, p device.Program, i int) []float32 {
	t.Helper()
	b := p.Out(i)
	v := make([]float32, b.Shape().Len())
	if err := b.Read(tensor.Bytes(v)); err != nil {
		t.Fatal(err)
	}
	return v
}

// channelsLast moves the first dimension to the end: the reference's [C,…] to ours.
func channelsLast(v []float32, shape []int) []float32 {
	c := shape[0]
	n := len(v) / c
	out := make([]float32, len(v))
	for i := range c {
		for j := range n {
			out[j*c+i] = v[i*n+j]
		}
	}
	return out
}

// channelsFirst is the way back.
func channelsFirst(v []float32, c int) []float32 {
	n := len(v) / c
	out := make([]float32, len(v))
	for j := range n {
		for i := range c {
			out[i*n+j] = v[j*c+i]
		}
	}
	return out
}

func newCPU(t *testing.T) device.Device {
	return choose.Device(t)
}

// mids lists a case's intermediates, as golden name and tap.
func mids(c *golden.Case, prefix string, tap func(string) string) (names, taps []string) {
	for _, n := range c.Tensors.Names() {
		if rest, ok := strings.CutPrefix(n, prefix); ok {
			if t := tap(rest); t != "" {
				names, taps = append(names, n), append(taps, t)
			}
		}
	}
	return names, taps
}
