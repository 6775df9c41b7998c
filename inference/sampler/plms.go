package sampler

// PLMS is the pseudo linear multistep method of Liu et al. 2022, "Pseudo Numerical
// Methods for Diffusion Models on Manifolds", on the flow's own equation dx/dσ = v,
// where it is the Adams–Bashforth method of order 4. It warms up with one Heun
// step and then rising orders.
//
// The paper's weights 55, −59, 37, −9 over 24 are for even steps. Here they are
// worked out for the levels as they lie, which gives the same on even ones.
func PLMS(w *Walk) error {
	l, err := w.latents(6)
	if err != nil {
		return err
	}
	x0, spare, v := l[0], l[1], l[2:]
	for i := range w.Steps() {
		v[0], v[1], v[2], v[3] = v[3], v[0], v[1], v[2]
		if err := w.guess(i, v[0], x0); err != nil {
			return err
		}
		if i == 0 {
			err = w.heun(i, v[0], spare, v[1])
		} else {
			err = w.X.Mix(w.adams(i, v)...)
		}
		if err != nil {
			return err
		}
		if err := w.done(i, x0); err != nil {
			return err
		}
	}
	return nil
}

// steadiest bounds the sum of absolute weights. Extrapolating over a step much
// longer than those before it magnifies what is wrong with the velocities; even
// steps give 6.7.
const steadiest = 10

// adams takes the highest order that has enough velocities behind it and stays
// steady.
func (w *Walk) adams(i int, v []Latent) []Term {
	h := w.Sigmas[i+1] - w.Sigmas[i]
	for order := min(i+1, len(v)); ; order-- {
		terms, sum := []Term{{1, w.X}}, 0.0
		for j := range order {
			c := w.weight(i, j, order)
			sum += max(c, -c)
			terms = append(terms, Term{h * c, v[j]})
		}
		if sum <= steadiest || order == 1 {
			return terms
		}
	}
}

// weight is the mean over step i of the Lagrange polynomial that is 1 at σ_{i−j}
// and 0 at the other levels σ_i … σ_{i−order+1}.
func (w *Walk) weight(i, j, order int) float64 {
	h := w.Sigmas[i+1] - w.Sigmas[i]
	at := func(k int) float64 { return (w.Sigmas[i-k] - w.Sigmas[i]) / h }
	p := []float64{1} // coefficients, lowest power first
	for k := range order {
		if k == j {
			continue
		}
		q := make([]float64, len(p)+1)
		for n, c := range p {
			q[n+1] += c / (at(j) - at(k))
			q[n] -= c * at(k) / (at(j) - at(k))
		}
		p = q
	}
	mean := 0.0
	for n, c := range p {
		mean += c / float64(n+1)
	}
	return mean
}
