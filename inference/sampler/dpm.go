package sampler

import "math"

// DPM is DPM-Solver++(2M) of Lu et al. 2022, "DPM-Solver++: Fast Solver for Guided
// Sampling of Diffusion Probabilistic Models", in its midpoint form. The first
// and the last step are of order 1.
//
// A schedule that starts at pure noise has λ = −∞ there: the first step then
// forgets x but for its share σ′, and the second has no second-order term.
func DPM(w *Walk) error {
	l, err := w.latents(3)
	if err != nil {
		return err
	}
	v, x0, before := l[0], l[1], l[2]
	for i := range w.Steps() {
		x0, before = before, x0
		if err := w.guess(i, v, x0); err != nil {
			return err
		}
		s, t := w.Sigmas[i], w.Sigmas[i+1]
		h := lambda(t) - lambda(s)
		a := -(1 - t) * math.Expm1(-h)
		terms := []Term{{t / s, w.X}, {a, x0}}
		if i > 0 && i < w.Steps()-1 {
			r := (lambda(s) - lambda(w.Sigmas[i-1])) / h
			terms[1].C += a / (2 * r)
			terms = append(terms, Term{-a / (2 * r), before})
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

// lambda is half the logarithm of the signal-to-noise ratio: −∞ at pure noise, +∞
// at none.
func lambda(sigma float64) float64 { return math.Log1p(-sigma) - math.Log(sigma) }
