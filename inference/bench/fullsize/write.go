package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"kinora/inference/families/wan"
	"kinora/inference/tensor"
	"kinora/inference/weights/quant"
	"kinora/inference/weights/safetensors"
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
		if err := create(path, f.shapes()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	b, err := os.ReadFile(filepath.FromSlash(tokenizer))
	if err != nil {
		return fmt.Errorf("run from the repository's root: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, "text_encoders", "spiece.model"), b, 0o644)
}

func create(path string, shapes map[string]tensor.Shape) error {
	f, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, 2))
	var list []safetensors.Entry
	for name, s := range shapes {
		list = append(list, safetensors.Entry{Name: name, DType: tensor.BF16, Shape: s, Data: func(w io.Writer) error { return fill(w, r, name, s) }})
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := errors.Join(safetensors.Write(w, list, nil), w.Flush(), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), path)
}

// fill gives a tensor numbers of size 1/√fan-in, a gain ones. The numbers come back
// after some millions, which no product notices.
func fill(w io.Writer, r *rand.Rand, name string, s tensor.Shape) error {
	size := 0.02
	gain := strings.Contains(name, "norm") && strings.HasSuffix(name, ".weight") || strings.HasSuffix(name, "gamma")
	if len(s) > 1 && !strings.HasSuffix(name, "modulation") {
		size = 1 / math.Sqrt(float64(s[1:].Len()))
	}
	v := make([]float32, min(s.Len(), 1<<20+7))
	for i := range v {
		if v[i] = float32(size * r.NormFloat64()); gain {
			v[i] = 1
		}
	}
	once := make([]byte, 2*len(v))
	if err := quant.Narrow(once, tensor.BF16, v); err != nil {
		return err
	}
	for left := 2 * s.Len(); left > 0; left -= len(once) {
		if _, err := w.Write(once[:min(left, len(once))]); err != nil {
			return err
		}
	}
	return nil
}
