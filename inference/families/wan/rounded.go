package wan

import (
	"strings"

	"kinora/inference/model"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// Round implements model.Rounder. The official files have the denoiser and the VAE as
// float32, and the official program (wan/textimage2video.py, wan/modules/model.py)
// computes the denoiser's products in bfloat16 but for those of the time and the head, and
// the VAE's convolutions in TF32, which has the 10 bits of float16. What goes into those
// comes from norms or stays far below what float16 can hold.
func (m *Wan) Round(large func(numbers int64) bool) model.Model {
	r := *m
	for part, as := range map[*weights.Source]func(string, tensor.Shape) (tensor.DType, bool){
		&r.parts.Denoiser: denoiserAs, &r.parts.Text: textAs, &r.parts.VAE: vaeAs,
	} {
		if short, numbers := weights.Rounded(*part, as); numbers > 0 && large(numbers) {
			*part = short
		}
	}
	return &r
}

func denoiserAs(name string, s tensor.Shape) (tensor.DType, bool) {
	island := strings.HasPrefix(name, "time_") || strings.HasPrefix(name, "head.")
	return tensor.BF16, matrix(name, s) && !island
}

// textAs leaves the tables out, of which rows are read.
func textAs(name string, s tensor.Shape) (tensor.DType, bool) {
	return tensor.BF16, matrix(name, s) && !strings.Contains(name, "embedding")
}

func vaeAs(name string, s tensor.Shape) (tensor.DType, bool) { return tensor.F16, matrix(name, s) }

func matrix(name string, s tensor.Shape) bool {
	return len(s) > 1 && strings.HasSuffix(name, ".weight")
}
