package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"kinora/inference/bench/made"
	"kinora/inference/families/wan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/convert"
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
		return path, made.Write(path, b.Denoiser())
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
	return path, made.Create(path, func(w io.Writer) error { return p.Write(ctx, w, func(int64) {}) })
}
