package sampler

// Euler follows dx/dσ = v with one straight step per level.
func Euler(w *Walk) error {
	l, err := w.latents(2)
	if err != nil {
		return err
	}
	v, x0 := l[0], l[1]
	for i := range w.Steps() {
		if err := w.guess(i, v, x0); err != nil {
			return err
		}
		if err := w.X.Mix(Term{1, w.X}, Term{w.Sigmas[i+1] - w.Sigmas[i], v}); err != nil {
			return err
		}
		if err := w.done(i, x0); err != nil {
			return err
		}
	}
	return nil
}
