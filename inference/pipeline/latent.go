package pipeline

import (
	"fmt"
	"math/rand/v2"

	"kinora/inference/device"
	"kinora/inference/graph"
	"kinora/inference/sampler"
	"kinora/inference/tensor"
)

// A latent is a sampler.Latent on the take's device. Mixing is a program like any
// other; where it sums more latents than are asked for, the rest count nothing.
type latent struct {
	t   *take
	buf device.Buffer
}

var _ sampler.Latent = (*latent)(nil)

func (t *take) newLatent() (*latent, error) {
	b, err := t.alloc(tensor.F32, t.shape)
	return &latent{t, b}, err
}

// New implements sampler.Latent.
func (l *latent) New() (sampler.Latent, error) {
	if n := len(l.t.spare); n > 0 {
		s := l.t.spare[n-1]
		l.t.spare = l.t.spare[:n-1]
		return s, nil
	}
	return l.t.newLatent()
}

// provide makes all that a walk will ask for, so that what is left when the
// denoiser is loaded is all its own.
func (t *take) provide(a sampler.Algorithm, s sampler.Schedule) error {
	c := &counter{most: 2}
	c.all = c
	w := &sampler.Walk{X: c, Schedule: s, Denoise: func(sampler.Latent, sampler.Latent, float64, float64) error { return nil }}
	if err := a.Run(w); err != nil {
		return err
	}
	for range c.made {
		l, err := t.newLatent()
		if err != nil {
			return err
		}
		t.spare = append(t.spare, l)
	}
	_, err := t.mixer(c.most)
	return err
}

// A counter is a latent that only counts: the latents that a sampler makes, and the
// most that it sums.
type counter struct {
	all        *counter
	made, most int
}

// New implements sampler.Latent.
func (c *counter) New() (sampler.Latent, error) {
	c.all.made++
	return &counter{all: c.all}, nil
}

// Mix implements sampler.Latent.
func (c *counter) Mix(terms ...sampler.Term) error {
	c.all.most = max(c.all.most, len(terms))
	return nil
}

// Noise implements sampler.Latent.
func (c *counter) Noise(int) error { return nil }

// Mix implements sampler.Latent.
func (l *latent) Mix(terms ...sampler.Term) error {
	p, err := l.t.mixer(len(terms))
	if err != nil {
		return err
	}
	c := make([]float64, l.t.mixes)
	for i, term := range terms {
		c[i] = term.C
		if err := p.In(fmt.Sprint("x", i)).Copy(term.L.(*latent).buf); err != nil {
			return err
		}
	}
	if err := p.In("c").Write(tensor.Bytes(c)); err != nil {
		return err
	}
	if err := p.Run(l.t.ctx); err != nil {
		return err
	}
	return l.buf.Copy(p.Out(0))
}

// Noise implements sampler.Latent. It comes from the host, so that a seed means
// the same on every device.
func (l *latent) Noise(index int) error {
	if l.t.onPaper() {
		return nil
	}
	n := tensor.Shape(l.t.shape).Len()
	if l.t.noise != nil {
		return l.buf.Write(tensor.Bytes(l.t.noise(index, n)))
	}
	return l.buf.Write(tensor.Bytes(noise(l.t.req.Seed, index, n)))
}

func noise(seed uint64, index, n int) []float32 {
	rng := rand.New(rand.NewPCG(seed, uint64(index)))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

// mixer returns a program that sums n latents or more: there is only ever one,
// since each has room for all that it sums.
func (t *take) mixer(n int) (device.Program, error) {
	if n <= t.mixes {
		return t.mix, nil
	}
	if t.mix != nil {
		if err := t.mix.Close(); err != nil {
			return nil, err
		}
		t.mix, t.mixes = nil, 0
	}
	p, err := t.load(fmt.Sprintf("sums of %d latents", n), t.parts.Denoiser, nil, func(s *graph.Scope) *graph.Node {
		c := s.Input("c", tensor.F64, n)
		var parts []*graph.Node
		for i := range n {
			parts = append(parts, s.Input(fmt.Sprint("x", i), tensor.F32, t.shape...))
		}
		return graph.MixOf(c, parts...)
	})
	if err != nil {
		return nil, err
	}
	t.mix, t.mixes = p, n
	return p, nil
}
