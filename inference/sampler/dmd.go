package sampler

// DMD is how models distilled as in Yin et al. 2024, "Improved Distribution Matching
// Distillation for Fast Image Synthesis", are asked: take the clean guess, hide it
// under fresh noise of the next level, and ask again.
func DMD(w *Walk) error {
	l, err := w.latents(3)
	if err != nil {
		return err
	}
	v, x0, noise := l[0], l[1], l[2]
	for i := range w.Steps() {
		if err := w.guess(i, v, x0); err != nil {
			return err
		}
		terms := []Term{{1, x0}}
		if next := w.Sigmas[i+1]; next > 0 {
			if err := noise.Noise(i + 1); err != nil {
				return err
			}
			terms = []Term{{1 - next, x0}, {next, noise}}
		}
		if err := w.X.Mix(terms...); err != nil {
			return err
		}
		if err := w.done(i, x0); err != nil {
			return err
		}
	}
	return nil
}
