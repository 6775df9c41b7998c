package bench

import (
	"fmt"
	"time"

	"kinora/inference/device"
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// source is where the operations' own weights come from.
func (b *bench) source() *random {
	if b.weights == nil {
		b.weights = newRandom()
	}
	return b.weights
}

// steps measures one pass of the denoiser; guidance takes two.
func (b *bench) steps() error {
	m, dit, _, err := b.full()
	if err != nil {
		return err
	}
	name := "denoiser, one pass"
	if b.Blocks > 0 {
		name = fmt.Sprintf("denoiser, one pass with %d of 30 blocks", b.Blocks)
	}
	return b.each(name, dit, func(c clip) func(s *graph.Scope) *graph.Node {
		return func(s *graph.Scope) *graph.Node {
			tr := m.Traits()
			cond := s.Input("condition", tensor.F32, tr.Layers*2, tr.TextLen, dit.shapes["head.modulation"][2])
			return m.Denoise(s, s.Input("x", tensor.F32, c.t, c.h, c.w, tr.Channels), s.Input("t", tensor.F32, 1), []*graph.Node{cond}, 0)[0]
		}
	})
}

// decodes measures a latent frame that is not the first; a clip has t−1 of them.
func (b *bench) decodes() error {
	m, _, vae, err := b.full()
	if err != nil {
		return err
	}
	return b.each("decoder, one latent frame", vae, func(c clip) func(s *graph.Scope) *graph.Node {
		return func(s *graph.Scope) *graph.Node {
			return m.Decode(s, s.Input("z", tensor.F32, 1, c.h, c.w, m.Traits().Channels), false)
		}
	})
}

// each measures a program at every clip's size. Weights stay from one to the next;
// states do not, since their size is the clip's.
func (b *bench) each(name string, src *random, draw func(c clip) func(s *graph.Scope) *graph.Node) error {
	var last device.Program
	for _, c := range b.clips() {
		start := time.Now()
		with := last
		if src.shapes["decoder.conv1.weight"] != nil {
			with = nil
		}
		p, flops, err := b.loaded(src, with, draw(c))
		if last != nil {
			if err := last.Close(); err != nil {
				return err
			}
		}
		if last = p; err != nil {
			return err
		}
		b.report(Line{Name: "loading: " + name, Clip: c.name, Seconds: time.Since(start).Seconds()})
		took, err := b.whole(name, c, p, flops)
		if err != nil {
			return err
		}
		if with = p; src.shapes["decoder.conv1.weight"] != nil {
			with = nil
		}
		if err := b.otherWays(name, c, p, took, src, with, draw(c), flops, 0); err != nil {
			return err
		}
	}
	if last != nil {
		return last.Close()
	}
	return nil
}

func (b *bench) whole(name string, c clip, p device.Program, flops float64) (time.Duration, error) {
	each, err := b.gauge.Time(p, max(3, b.Runs/4), b.Most)
	if err != nil {
		return 0, err
	}
	l := Line{Name: name, Clip: c.name, Seconds: each.Seconds()}
	if l.Bytes, err = b.gauge.Held(p); err != nil {
		return 0, err
	}
	b.report(b.rated(l, flops, 0))
	if b.Look == nil {
		return each, nil
	}
	return each, b.Look(name, c.name, p, each)
}
