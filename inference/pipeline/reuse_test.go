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

// TestReuseStaysNear: with steps left out clips are near the whole walk's, and
// over five prompts nearer than those of as many steps as were made. One prompt
// alone tells little: where the first step all but settles the clip, fewer steps
// come as near.
func TestReuseStaysNear(t *testing.T) {
	lib := builtIn(t)
	make := func(prompt string, change func(*inference.Request)) (*inference.Clip, int) {
		dev := cpu.New(cpu.Options{})
		defer dev.Close()
		p := New(dev, lib)
		asked := 0
		p.trace = func(name string, _ []float32) {
			if strings.HasPrefix(name, "pred_cond") {
				asked++
			}
		}
		r := inference.Request{Prompt: prompt, Seed: 3}
		change(&r)
		c, err := p.Generate(t.Context(), r, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c, asked
	}
	prompts := []string{"a red circle moves to the right", "a dog in a hat walks left on the beach", "a blue bottle spins on Mars",
		"planets orbit the sun", "a cat dances in the city"}
	var reused, shorter, saved float64
	for i, prompt := range prompts {
		whole, all := make(prompt, func(*inference.Request) {})
		near, asked := make(prompt, func(r *inference.Request) { r.Reuse = 0.15 })
		fewer, _ := make(prompt, func(r *inference.Request) { r.Steps = asked })
		a, b := psnr(near, whole), psnr(fewer, whole)
		t.Logf("%s: asked %d of %d times: %.1f dB; %d steps: %.1f dB", prompt, asked, all, a, asked, b)
		if all != 12 || asked > 11 || a < 35 {
			t.Errorf("%s: asked %d of %d times: %.1f dB", prompt, asked, all, a)
		}
		reused, shorter, saved = reused+a, shorter+b, saved+float64(all-asked)
		if i > 0 {
			continue
		}
		if again, n := make(prompt, func(r *inference.Request) { r.Reuse = 0.15 }); n != asked || !same(near, again) {
			t.Error("the same request makes another clip")
		}
		for _, s := range []string{"heun"} { // it asks between levels too
			c, _ := make(prompt, func(r *inference.Request) { r.Sampler, r.Reuse = s, 0.15 })
			w, _ := make(prompt, func(r *inference.Request) { r.Sampler = s })
			if got := psnr(c, w); got < 25 {
				t.Errorf("%s: %.1f dB", s, got)
			}
		}
	}
	n := float64(len(prompts))
	t.Logf("%.1f of 12 steps left out: %.1f dB; without them: %.1f dB", saved/n, reused/n, shorter/n)
	if saved/n < 1.5 || reused/n < shorter/n+3 {
		t.Errorf("%.1f of 12 steps left out: %.1f dB; without them: %.1f dB", saved/n, reused/n, shorter/n)
	}
}
