package pipeline

import (
	"errors"
	"sync"

	"kinora/inference"
	"kinora/inference/tensor"
)

// A projection guesses the colour of a latent pixel: bias + Σ channel·weight.
type projection struct {
	bias    [3]float32
	weights [][3]float32
}

// projections are found once for each model.
type projections struct {
	mu  sync.Mutex
	all map[string]*projection
}

func (p *projections) of(model string) *projection {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[model]
}

func (p *projections) put(model string, v *projection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil {
		p.all = map[string]*projection{}
	}
	p.all[model] = v
}

// preview shows the present clean guess, one pixel for each latent pixel. It is
// nil where finding the projection would cost more than it is worth.
func (d *denoiser) preview(x0 *latent) (*inference.Clip, error) {
	p := d.projections.of(d.parts.Name)
	if p == nil || d.onPaper() {
		return nil, nil
	}
	z, err := floats(x0.buf)
	if err != nil {
		return nil, err
	}
	f, h, w, c := d.shape[0], d.shape[1], d.shape[2], d.shape[3]
	rgb := make([]float32, 3*f*h*w)
	for i := range f * h * w {
		px := p.bias
		for k, v := range z[i*c : (i+1)*c] {
			for j := range px {
				px[j] += v * p.weights[k][j]
			}
		}
		copy(rgb[3*i:], px[:])
	}
	clip := &inference.Clip{Width: w, Height: h, FPS: max(1, d.req.FPS/d.traits.Temporal)}
	clip.Frames = frames(rgb, 3*h*w)
	return clip, nil
}

// project finds the projection, unless it is known, costs too much or does not fit.
func (d *denoiser) project() error {
	if d.mode.blind {
		return nil
	}
	_, err := d.projection()
	if tight := (*errTight)(nil); d.onPaper() && errors.As(err, &tight) {
		d.mode.blind = true
		return nil
	}
	return err
}

// projection asks the VAE itself: it decodes flat latents in which one channel at
// a time leans to either side, and takes the mean colours.
func (d *denoiser) projection() (*projection, error) {
	if p := d.projections.of(d.parts.Name); p != nil {
		return p, nil
	}
	const side, lean = 2, 1
	c := d.traits.Channels
	shape := []int{1, side, side, c}
	draw := d.drawDecode(shape, true)
	cost, err := d.cost("preview", d.parts.VAE, draw)
	if err != nil {
		return nil, err
	}
	// Found once and kept, so that a fifth of one clip's work is little.
	if probes := float64(2*c + 1); cost*probes > 0.2*d.meter.work[inference.Denoising] {
		return nil, nil
	}
	prog, err := d.take.load("preview", d.parts.VAE, nil, draw)
	if err != nil {
		return nil, err
	}
	defer prog.Close()
	probe := func(channel int, v float32) (mean [3]float32, err error) {
		z := make([]float32, tensor.Shape(shape).Len())
		for i := channel; i >= 0 && i < len(z); i += c {
			z[i] = v
		}
		if err := prog.Reset(); err != nil {
			return mean, err
		}
		if err := prog.In("x").Write(tensor.Bytes(z)); err != nil {
			return mean, err
		}
		if err := prog.Run(d.ctx); err != nil {
			return mean, err
		}
		pix, err := floats(prog.Out(0))
		for i, v := range pix {
			mean[i%3] += v / float32(len(pix)/3)
		}
		return mean, err
	}
	p := &projection{weights: make([][3]float32, c)}
	if p.bias, err = probe(-1, 0); err != nil {
		return nil, err
	}
	for k := range c {
		up, err := probe(k, lean)
		if err != nil {
			return nil, err
		}
		down, err := probe(k, -lean)
		if err != nil {
			return nil, err
		}
		for j := range up {
			p.weights[k][j] = (up[j] - down[j]) / (2 * lean)
		}
	}
	if d.onPaper() {
		return p, nil
	}
	d.projections.put(d.parts.Name, p)
	return p, nil
}
