package sampler

import "math"

// UniPC is the predictor and corrector of Zhao et al. 2023, "UniPC: A Unified
// Predictor-Corrector Framework for Fast Sampling of Diffusion Models": order 2,
// B(h) = e^h − 1 (its "bh2"), on clean guesses. The first and the last step are of
// order 1. What a step has cost the model once, it uses twice: to correct where
// it stands, then to predict where to go; the corrected latent is never shown to
// the model.
func UniPC(w *Walk) error {
	l, err := w.latents(5)
	if err != nil {
		return err
	}
	v, base := l[0], l[1]
	m := l[2:] // clean guesses: of this step, of the one before, and before that
	order := 0 // of the previous prediction
	for i := range w.Steps() {
		m[0], m[1], m[2] = m[2], m[0], m[1]
		if err := w.guess(i, v, m[0]); err != nil {
			return err
		}
		terms := []Term{{1, w.X}}
		if i > 0 {
			terms = w.correct(i, order, base, m)
		}
		if err := base.Mix(terms...); err != nil {
			return err
		}
		order = min(2, i+1, w.Steps()-i)
		if err := w.X.Mix(w.predict(i, order, base, m)...); err != nil {
			return err
		}
		if err := w.done(i, m[0]); err != nil {
			return err
		}
	}
	return nil
}

// predict goes from σ_i to σ_{i+1} with the guesses at σ_i and σ_{i−1}.
func (w *Walk) predict(i, order int, base Latent, m []Latent) []Term {
	s, t := w.Sigmas[i], w.Sigmas[i+1]
	h := lambda(t) - lambda(s)
	b := -(1 - t) * math.Expm1(-h)
	terms := []Term{{t / s, base}, {b, m[0]}}
	if order == 2 {
		r := (lambda(w.Sigmas[i-1]) - lambda(s)) / h
		terms[1].C -= b / (2 * r)
		terms = append(terms, Term{b / (2 * r), m[1]})
	}
	return terms
}

// correct goes from σ_{i−1} to σ_i again, now that the guess at σ_i is known.
func (w *Walk) correct(i, order int, base Latent, m []Latent) []Term {
	s, t := w.Sigmas[i-1], w.Sigmas[i]
	h := lambda(t) - lambda(s)
	e := math.Expm1(-h)
	b := -(1 - t) * e
	if order == 1 {
		return []Term{{t / s, base}, {b / 2, m[1]}, {b / 2, m[0]}}
	}
	// The two equations ρ₁ + ρ₂ = b₁ and r·ρ₁ + ρ₂ = b₂, solved.
	r := (lambda(w.Sigmas[i-2]) - lambda(s)) / h
	phi1 := -e/h - 1
	phi2 := -phi1/h - 0.5
	b1, b2 := phi1/e, 2*phi2/e
	rho1 := (b2 - b1) / (r - 1)
	rho2 := b1 - rho1
	return []Term{{t / s, base}, {b * (1 - rho1/r - rho2), m[1]}, {b * rho1 / r, m[2]}, {b * rho2, m[0]}}
}
