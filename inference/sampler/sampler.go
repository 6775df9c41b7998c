// Package sampler holds the ways of walking from noise to a clean latent, one
// algorithm a file, each short enough to be read beside its paper.
//
// A latent at noise level σ is x = (1−σ)·clean + σ·noise, and the model predicts
// the velocity v = noise − clean, so that clean = x − σ·v and dx/dσ = v. A
// sampler decides on float64 scalars and leaves the tensors to whoever stands
// behind Latent. It knows no model, no guidance, no device and no seed.
package sampler

import "fmt"

// A Latent is a tensor on a device.
type Latent interface {
	// Mix sets the latent to the weighted sum of terms, among which it may be
	// itself. A device may round each coefficient, each product and each partial
	// sum to float32, once each, adding in the order given, and no more than that.
	Mix(terms ...Term) error
	// New returns another latent of the same kind; its contents do not matter.
	New() (Latent, error)
	// Noise fills the latent with standard normal numbers. Equal indices give equal
	// noise within one request, and different ones are independent. Index 0 is
	// what the walk starts from; a sampler asks for 1 and up.
	Noise(index int) error
}

// A Term is one part of a mix.
type Term struct {
	C float64
	L Latent
}

// Denoise writes the model's velocity at x into v. Where part of a clip is held
// fixed it may overwrite that part of x first: Heun and PLMS ask at points that
// After has not seen.
type Denoise func(v, x Latent, sigma, timestep float64) error

// A Walk is one way down, from noise in X to a clean latent in X.
type Walk struct {
	X Latent
	Schedule
	Denoise Denoise
	// After, unless nil, is called when step (from 0) is done. It may change x,
	// which is where the next step starts. x0 is the model's clean guess of this
	// step; samplers go on using it, so it is only to be read.
	After func(step int, x, x0 Latent) error
}

// guess asks the model at the start of step i: its velocity goes into v, and the
// clean latent that it points to into x0.
func (w *Walk) guess(i int, v, x0 Latent) error {
	if err := w.velocity(i, v, w.X); err != nil {
		return err
	}
	return x0.Mix(Term{1, w.X}, Term{-w.Sigmas[i], v})
}

func (w *Walk) velocity(i int, v, x Latent) error {
	if err := w.Denoise(v, x, w.Sigmas[i], w.Timesteps[i]); err != nil {
		return fmt.Errorf("step %d of %d: %w", i+1, w.Steps(), err)
	}
	return nil
}

func (w *Walk) done(i int, x0 Latent) error {
	if w.After == nil {
		return nil
	}
	return w.After(i, w.X, x0)
}

// latents makes n latents like X.
func (w *Walk) latents(n int) ([]Latent, error) {
	ls := make([]Latent, n)
	for i := range ls {
		l, err := w.X.New()
		if err != nil {
			return nil, err
		}
		ls[i] = l
	}
	return ls, nil
}
