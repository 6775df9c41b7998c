package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"kinora/inference/families/wan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/convert"
	"kinora/inference/weights/quant"
	"kinora/inference/weights/safetensors"
)

// mid is a diffusion transformer of the published 1.3B model's sizes: the same
// blocks as TI2V-5B, of half the width, behind 16 latent channels instead of 48.
// stable-diffusion.cpp takes it without a change; of other widths it takes only
// those that were published, since it knows them by the number of blocks.
var mid = wan.Build{Dim: 1536, FFN: 8960, Layers: 30, Freq: 256, TextDim: 4096, Channels: 16}

// small shows that everything runs, where the peers take any size.
var small = wan.Build{Dim: 256, FFN: 512, Layers: 2, Freq: 256, TextDim: 4096, Channels: 16}

// textLen is how many rows of text there are: what stable-diffusion.cpp gives the
// denoiser when it has no text encoder.
const textLen = 256

// A kind is how weights are stored.
type kind struct {
	name string
	file string
	to   tensor.DType
}

var kinds = []kind{
	{"f32", "dit-f32.safetensors", tensor.F32},
	{"bf16", "dit-bf16.safetensors", tensor.BF16},
	{"f16", "dit-f16.safetensors", tensor.F16},
	{"q8_0", "dit-q8_0.gguf", tensor.Q8_0},
}

// checkpoint writes the denoiser as that kind, if it is not there yet. All kinds
// hold the numbers of the bf16 one, as near as they can.
func checkpoint(ctx context.Context, dir string, b wan.Build, k kind) (string, error) {
	path := filepath.Join(dir, fmt.Sprintf("%dx%d-%s", b.Layers, b.Dim, k.file))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if k.to == tensor.BF16 {
		return path, write(path, random(b.Denoiser()))
	}
	from, err := checkpoint(ctx, dir, b, kind{"bf16", "dit-bf16.safetensors", tensor.BF16})
	if err != nil {
		return "", err
	}
	src, err := weights.Open(from)
	if err != nil {
		return "", err
	}
	defer src.Close()
	format := convert.Safetensors
	if strings.HasSuffix(k.file, ".gguf") {
		format = convert.GGUF
	}
	p, err := convert.New(src, k.to, format)
	if err != nil {
		return "", fmt.Errorf("%s: %w", k.name, err)
	}
	return path, create(path, func(w io.Writer) error { return p.Write(ctx, w, func(int64) {}) })
}

func write(path string, entries []safetensors.Entry) error {
	return create(path, func(w io.Writer) error { return safetensors.Write(w, entries, nil) })
}

// create writes a file that is only there when it is whole.
func create(path string, data func(io.Writer) error) error {
	f, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := errors.Join(data(w), w.Flush(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", path, err), os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), path)
}

// random gives tensors numbers of size 1/√fan-in, and gains numbers near 1.
func random(shapes map[string]tensor.Shape) (entries []safetensors.Entry) {
	for name, shape := range shapes {
		entries = append(entries, safetensors.Entry{Name: name, DType: tensor.BF16, Shape: shape, Data: func(w io.Writer) error {
			size, mean := 0.02, 0.0
			switch {
			case strings.Contains(name, "norm") && strings.HasSuffix(name, ".weight"):
				mean = 1
			case len(shape) > 1 && !strings.HasSuffix(name, "modulation"):
				size = 1 / math.Sqrt(float64(shape[1:].Len()))
			}
			v := normal(name, min(shape.Len(), 1<<20+7), size, mean)
			once := make([]byte, 2*len(v))
			if err := quant.Narrow(once, tensor.BF16, v); err != nil {
				return err
			}
			for left := 2 * shape.Len(); left > 0; left -= len(once) {
				if _, err := w.Write(once[:min(left, len(once))]); err != nil {
					return err
				}
			}
			return nil
		}})
	}
	return entries
}

// normal draws n numbers that depend on the name alone.
func normal(name string, n int, size, mean float64) []float32 {
	h := fnv.New64a()
	io.WriteString(h, name)
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(mean + size*r.NormFloat64())
	}
	return v
}
