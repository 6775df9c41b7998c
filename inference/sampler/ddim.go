package sampler

// DDIM is the deterministic walk (η = 0) of Song, Meng and Ermon 2021, "Denoising
// Diffusion Implicit Models": it splits x into the clean latent and the noise
// that the model sees in it, and puts them together again at the next level.
//
// On the straight paths of a flow, with α = 1−σ, that is Euler's step written
// another way, so both samplers draw the same clip but for rounding.
func DDIM(w *Walk) error {
	l, err := w.latents(3)
	if err != nil {
		return err
	}
	v, x0, noise := l[0], l[1], l[2]
	for i := range w.Steps() {
		if err := w.guess(i, v, x0); err != nil {
			return err
		}
		if err := noise.Mix(Term{1, w.X}, Term{1 - w.Sigmas[i], v}); err != nil {
			return err
		}
		next := w.Sigmas[i+1]
		if err := w.X.Mix(Term{1 - next, x0}, Term{next, noise}); err != nil {
			return err
		}
		if err := w.done(i, x0); err != nil {
			return err
		}
	}
	return nil
}
