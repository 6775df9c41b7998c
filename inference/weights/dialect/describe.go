package dialect

import (
	"fmt"
	"strings"

	"kinora/inference/weights"
)

// known lists the published models by the sizes that tell them apart: width of
// the denoiser and channels in.
var known = []struct {
	dim, in int
	name    string
}{
	{3072, 48, "Wan2.2 TI2V 5B"},
	{5120, 16, "Wan 14B, text to video"},
	{5120, 36, "Wan 14B, image to video"},
	{1536, 16, "Wan2.1 T2V 1.3B"},
}

// describe says in words which model a part is of.
func describe(p Part, s weights.Source) string {
	size := func(name string, axis, of int) int {
		_, shape, ok := s.Info(name)
		if !ok || len(shape) != of {
			return 0
		}
		return shape[axis]
	}
	switch p {
	case Denoiser:
		dim, in := size("head.modulation", 2, 3), size("patch_embedding.weight", 1, 5)
		for _, k := range known {
			if k.dim == dim && k.in == in {
				return k.name
			}
		}
		return fmt.Sprintf("Wan of width %d with %d channels", dim, in)
	case Text:
		vocab, dim := size("token_embedding.weight", 0, 2), size("token_embedding.weight", 1, 2)
		if vocab == 256384 && dim == 4096 {
			return "UMT5-XXL encoder"
		}
		return fmt.Sprintf("UMT5 of width %d with %d tokens", dim, vocab)
	case VAE:
		z := size("conv2.weight", 0, 5)
		// Only the newer VAE has stages within stages.
		if z == 16 || size("decoder.upsamples.0.upsamples.0.residual.2.weight", 0, 5) == 0 {
			return fmt.Sprintf("Wan2.1 VAE of %d channels", z)
		}
		if z == 48 && size("encoder.conv1.weight", 0, 5) == 160 {
			return "Wan2.2 VAE"
		}
		return fmt.Sprintf("Wan2.2 VAE, other sizes, of %d channels", z)
	}
	return ""
}

// OfWidth says in words which model has a denoiser of that width.
func OfWidth(dim int) string {
	for _, k := range known {
		if k.dim == dim {
			name, _, _ := strings.Cut(k.name, ",")
			return name
		}
	}
	return fmt.Sprintf("Wan of width %d", dim)
}
