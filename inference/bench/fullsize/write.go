package main

import (
	"fmt"
	"os"
	"path/filepath"

	"kinora/inference/bench/made"
	"kinora/inference/families/wan"
	"kinora/inference/tensor"
)

// files are those of the set. A denoiser's are published in float32, fp16 and bf16.
var files = []struct {
	path   string
	shapes func() map[string]tensor.Shape
}{
	{"diffusion_models/wan2.2_ti2v_5B_bf16.safetensors", wan.TI2V5B.Denoiser},
	{"text_encoders/umt5_xxl_bf16.safetensors", wan.TI2V5B.Text},
	{"vae/wan2.2_vae.safetensors", wan.TI2V5B.VAE},
}

const tokenizer = "inference/testdata/golden/tokenizer.model"

func write(dir string) error {
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.path))
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := made.Write(path, f.shapes()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	b, err := os.ReadFile(filepath.FromSlash(tokenizer))
	if err != nil {
		return fmt.Errorf("run from the repository's root: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, "text_encoders", "spiece.model"), b, 0o644)
}
