package main

import (
	"bytes"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"kinora/app/settings"
	"kinora/assets"
)

// The built-in model, converted, is a model like any other: beside its manifest, or
// as loose files that are put together, and makes about the same clip.
func TestConvertedModelsMakeClips(t *testing.T) {
	home := t.TempDir()
	t.Setenv(settings.HomeVariable, home)
	from, models := t.TempDir(), filepath.Join(home, "models")
	put := func(dir, name, to, with string) {
		b, err := fs.ReadFile(assets.Starter(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), bytes.Replace(b, []byte(to), []byte(with), 1), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []string{"dit", "text_encoder", "vae"} {
		put(from, part+".safetensors", "", "")
	}
	for _, c := range []struct {
		name, kind, end string
		parts           []string
		manifest        bool
	}{
		{"f8", "fp8", ".safetensors", []string{"dit", "text_encoder"}, true},
		{"q8", "q8_0", ".gguf", []string{"dit", "text_encoder"}, false},
		{"half", "f16", ".gguf", []string{"dit", "text_encoder", "vae"}, true},
	} {
		dir := filepath.Join(models, c.name)
		for _, part := range c.parts {
			kinora(t, "convert", filepath.Join(from, part+".safetensors"), "--type", c.kind, "--out", filepath.Join(dir, part+c.end))
		}
		put(dir, "tokenizer.model", "", "")
		if len(c.parts) < 3 { // the VAE's weights are none that these types are for
			put(dir, "vae.safetensors", "", "")
		}
		if c.manifest {
			put(dir, "model.json", `"name": "starter"`, `"name": "`+c.name+`"`)
		}
	}
	// The size and words that the model knows best: what it draws between two shapes
	// the least rounding turns into one or the other.
	clip := func(model string) [][]byte {
		return footage(t, home, kinora(t, "generate", "--model", model, "--prompt", "a blue bottle spins on Mars", "--size", "256x192", "--frames", "5",
			"--fps", "8", "--steps", "2", "--guidance", "4", "--guidance-to", "1", "--shift", "3", "--sampler", "euler", "--negative", "", "--seed", "3", "--device", "cpu", "--quiet"))
	}
	want := clip("starter")
	for model, least := range map[string]float64{"f8": 32, "q8": 45, "half": 70} {
		got := clip(model)
		if len(got) != 5 {
			t.Fatalf("%s: %d frames", model, len(got))
		}
		db := likeness(want, got)
		t.Logf("%s: %.1f dB", model, db)
		if !(db >= least) {
			t.Errorf("%s: %.1f dB beside the built-in model, want %g", model, db, least)
		}
	}
}

// likeness is the ratio of what there can be to what is off, in dB.
func likeness(a, b [][]byte) float64 {
	var off float64
	n := 0
	for i := range a {
		for j := range a[i] {
			off += math.Pow(float64(a[i][j])-float64(b[i][j]), 2)
			n++
		}
	}
	return 10 * math.Log10(255*255*float64(n)/off)
}
