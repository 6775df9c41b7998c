package sampler

// Heun corrects each Euler step with the velocity at its end, as algorithm 1 of
// Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based Generative
// Models", does without its added noise. It asks the model twice a step, and once
// in the last, whose end lies where the model knows nothing more.
func Heun(w *Walk) error {
	l, err := w.latents(4)
	if err != nil {
		return err
	}
	v, x0, ahead, vAhead := l[0], l[1], l[2], l[3]
	for i := range w.Steps() {
		if err := w.guess(i, v, x0); err != nil {
			return err
		}
		if err := w.heun(i, v, ahead, vAhead); err != nil {
			return err
		}
		if err := w.done(i, x0); err != nil {
			return err
		}
	}
	return nil
}

// heun moves X over step i, given the velocity v at its start.
func (w *Walk) heun(i int, v, ahead, vAhead Latent) error {
	h := w.Sigmas[i+1] - w.Sigmas[i]
	if i == w.Steps()-1 {
		return w.X.Mix(Term{1, w.X}, Term{h, v})
	}
	if err := ahead.Mix(Term{1, w.X}, Term{h, v}); err != nil {
		return err
	}
	if err := w.velocity(i+1, vAhead, ahead); err != nil {
		return err
	}
	return w.X.Mix(Term{1, w.X}, Term{h / 2, v}, Term{h / 2, vAhead})
}
