package pipeline

import (
	"errors"
	"math"

	"kinora/inference/device"
)

// settledShare is the share of the steps after which it is settled what moves in a
// clip, and so how far apart frames have to do with one another.
const settledShare = 0.2

// windowLimit is how much of the velocity a narrower window may change.
const windowLimit = 0.02

// settled is the step before which nothing is decided.
func (d *denoiser) settled() int { return max(1, int(math.Ceil(settledShare*float64(d.steps)))) }

// windows are those worth trying, from the narrowest: a window that covers most of
// the clip saves nothing.
func (d *denoiser) windows() []int {
	var list []int
	for w := 1; 2*(2*w+1) <= d.shape[0]/d.traits.Patch[0]+1; w *= 2 {
		list = append(list, w)
	}
	return list
}

// narrow asks the model at x once in full and once with each window, and goes on
// with the narrowest that gives about the same answer: still clips and slow ones do
// with little, and where things cross the whole clip attention stays whole. It
// costs about two steps.
func (d *denoiser) narrow(x *latent, step int) error {
	if d.mode.wide || len(d.windows()) == 0 {
		return nil
	}
	full, err := d.once(d.prog, x, step)
	if err != nil {
		return err
	}
	for _, w := range d.windows() {
		d.window = w
		what, draw := d.draw()
		p, err := d.loadAll(what, d.parts.Denoiser, d.prog, draw)
		if tight := (*errTight)(nil); d.onPaper() && errors.As(err, &tight) {
			d.mode.wide, d.window = true, 0
			return nil
		}
		if err != nil {
			return err
		}
		v, err := d.once(p, x, step)
		if err != nil {
			p.Close()
			return err
		}
		if !d.onPaper() && distance(v, full) <= windowLimit*distance(full, nil) {
			d.see("window", []float32{float32(w)})
			err := d.prog.Close()
			d.prog = p
			return err
		}
		if err := p.Close(); err != nil {
			return err
		}
	}
	d.window = 0
	return nil
}

// once asks a program under the prompt alone.
func (d *denoiser) once(p device.Program, x *latent, step int) ([]float32, error) {
	if err := p.In("x").Copy(x.buf); err != nil {
		return nil, err
	}
	if _, err := d.tell(p, d.times[step]); err != nil {
		return nil, err
	}
	if err := p.In("condition").Copy(d.positive); err != nil {
		return nil, err
	}
	if err := p.Run(d.ctx); err != nil {
		return nil, err
	}
	return floats(p.Out(0))
}
