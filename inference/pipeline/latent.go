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
// other, one for each number of terms.
type latent struct {
	t   *take
	buf device.Buffer
}

var _ sampler.Latent = (*latent)(nil)

func (t *take) newLatent() (*latent, error) {
	b, err := t.dev.Alloc(tensor.F32, t.shape)
	return &latent{t, b}, err
}

// New implements sampler.Latent.
func (l *latent) New() (sampler.Latent, error) { return l.t.newLatent() }

// Mix implements sampler.Latent.
func (l *latent) Mix(terms ...sampler.Term) error {
	p, err := l.t.mixer(len(terms))
	if err != nil {
		return err
	}
	c := make([]float64, len(terms))
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

// mixer returns the program that sums n latents.
func (t *take) mixer(n int) (device.Program, error) {
	if p, ok := t.mixes[n]; ok {
		return p, nil
	}
	p, err := t.load(t.parts.Denoiser, nil, func(s *graph.Scope) *graph.Node {
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
	if t.mixes == nil {
		t.mixes = map[int]device.Program{}
	}
	t.mixes[n] = p
	return p, nil
}
