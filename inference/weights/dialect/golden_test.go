package dialect

import (
	"testing"

	"kinora/inference/golden"
)

// Small models of other sizes are recognised as well, by names alone.
func TestGoldenParts(t *testing.T) {
	for name, part := range map[string]Part{"dit.weights": Denoiser, "dit_hd128.weights": Denoiser, "t5.weights": Text, "vae.weights": VAE} {
		c := golden.Open(t, name)
		f := identify(t, c.Tensors)
		if f.Part != part || f.Dialect != "official" || f.Stored != "f32" || len(f.Source.Names()) != len(c.Tensors) {
			t.Errorf("%s: %s in %s names, %s, %d of %d tensors", name, f.Part, f.Dialect, f.Stored, len(f.Source.Names()), len(c.Tensors))
		}
		t.Logf("%s: %s", name, f.Model)
	}
}
