package cli

import (
	"os"
	"path/filepath"
	"testing"

	"kinora/inference"
)

func TestParseLoRA(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("here.safetensors", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	here := filepath.Join(dir, "here.safetensors")
	for _, c := range []struct {
		text string
		want inference.LoRA
	}{
		{"style", inference.LoRA{File: "style", Strength: 1}},
		{"style:0.5", inference.LoRA{File: "style", Strength: .5}},
		{"style:-1", inference.LoRA{File: "style", Strength: -1}},
		{"style:0", inference.LoRA{File: "style"}},
		{`C:\loras\a.safetensors`, inference.LoRA{File: `C:\loras\a.safetensors`, Strength: 1}},
		{`C:\loras\a.safetensors:0.25`, inference.LoRA{File: `C:\loras\a.safetensors`, Strength: .25}},
		{"a:b", inference.LoRA{File: "a:b", Strength: 1}},
		{"here.safetensors:2", inference.LoRA{File: here, Strength: 2}},
		{"none", inference.LoRA{File: "none", Strength: 1}},
	} {
		if got, err := parseLoRA(c.text); err != nil || got != c.want {
			t.Errorf("%s: %+v (%v), want %+v", c.text, got, err, c.want)
		}
	}
	if _, err := parseLoRA(""); err == nil {
		t.Error("nothing passes for a file")
	}
}
