package pipeline

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinora/inference"
	"kinora/inference/device/cpu"
	"kinora/inference/model"
	"kinora/inference/tokenizer"
	"kinora/inference/weights/safetensors"
)

// builtIn is the built-in model as a library.
func builtIn(t testing.TB) shelf {
	t.Helper()
	dir := "../../assets/starter"
	open := func(name string) *safetensors.File {
		f, err := safetensors.Open(filepath.Join(dir, name+".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	b, err := os.ReadFile(filepath.Join(dir, "tokenizer.model"))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	return shelf{
		parts: model.Checkpoint{Name: "starter", Text: open("text_encoder"), Denoiser: open("dit"), VAE: open("vae"), Tokenizer: tok},
		about: inference.Model{Name: "starter", Title: "Starter", SizeStep: 32, Default: inference.Request{
			Width: 192, Height: 128, Frames: 9, FPS: 15, Steps: 12, Guidance: 4, Shift: 3, Sampler: "euler"}},
	}
}

// psnr compares two clips, in dB.
func psnr(a, b *inference.Clip) float64 {
	var sum, n float64
	for i := range a.Frames {
		for j := range a.Frames[i] {
			d := float64(a.Frames[i][j]) - float64(b.Frames[i][j])
			sum, n = sum+d*d, n+1
		}
	}
	return 10 * math.Log10(255*255*n/sum)
}

// TestReuseStaysNear: with steps left out the clip is nearer to the whole walk's
// than one of as many steps as were made.
func TestReuseStaysNear(t *testing.T) {
	lib := builtIn(t)
	make := func(change func(*inference.Request)) (*inference.Clip, int) {
		dev := cpu.New(cpu.Options{})
		defer dev.Close()
		p := New(dev, lib)
		asked := 0
		p.trace = func(name string, _ []float32) {
			if strings.HasPrefix(name, "pred_cond") {
				asked++
			}
		}
		r := inference.Request{Prompt: "a red circle moves to the right", Seed: 3}
		change(&r)
		c, err := p.Generate(t.Context(), r, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c, asked
	}
	whole, all := make(func(*inference.Request) {})
	near, asked := make(func(r *inference.Request) { r.Reuse = 0.15 })
	fewer, _ := make(func(r *inference.Request) { r.Steps = asked })
	t.Logf("asked %d of %d times: %.1f dB; %d steps: %.1f dB", asked, all, psnr(near, whole), asked, psnr(fewer, whole))
	if all != 12 || asked > 10 || psnr(near, whole) < 35 || psnr(near, whole) < psnr(fewer, whole)+3 {
		t.Errorf("asked %d of %d times: %.1f dB; %d steps: %.1f dB", asked, all, psnr(near, whole), asked, psnr(fewer, whole))
	}
	again, n := make(func(r *inference.Request) { r.Reuse = 0.15 })
	if n != asked || !same(near, again) {
		t.Error("the same request makes another clip")
	}
	for _, s := range []string{"heun"} { // it asks between levels too
		c, _ := make(func(r *inference.Request) { r.Sampler, r.Reuse = s, 0.15 })
		w, _ := make(func(r *inference.Request) { r.Sampler = s })
		if got := psnr(c, w); got < 25 {
			t.Errorf("%s: %.1f dB", s, got)
		}
	}
}
