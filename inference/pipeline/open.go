package pipeline

import (
	"errors"
	"math"

	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/families"
	"kinora/inference/model"
	"kinora/inference/weights/lora"
)

// The most LoRAs at once, and the strongest.
const (
	maxLoRAs    = 16
	maxStrength = 10
)

// open opens the model of a request, with what LoRAs change in it. A LoRA of no
// strength is as one that is not there.
func (p *Pipeline) open(r inference.Request) (c model.Checkpoint, closer func() error, err error) {
	c, closer, err = p.lib.Open(r.Model)
	if err != nil {
		return c, nil, err
	}
	all := []func() error{closer}
	closer = func() error {
		var errs []error
		for _, f := range all {
			errs = append(errs, f())
		}
		return errors.Join(errs...)
	}
	var uses []lora.Use
	for _, l := range r.LoRAs {
		if l.Strength == 0 {
			continue
		}
		a, end, err := p.lib.Adapter(l.File)
		if err != nil {
			closer()
			return c, nil, err
		}
		all = append(all, end)
		uses = append(uses, lora.Use{Adapter: a, Strength: l.Strength, Name: l.File})
	}
	if c.Denoiser, err = lora.Apply(c.Denoiser, uses...); err != nil {
		closer()
		return c, nil, err
	}
	return c, closer, nil
}

// draw opens the model that a checkpoint holds as the device wants it.
func (p *Pipeline) draw(c model.Checkpoint) (model.Model, error) {
	m, err := families.Open(c)
	if err != nil {
		return nil, err
	}
	if h, ok := p.dev.(device.Halver); ok {
		if r, ok := m.(model.Rounder); ok {
			m = r.Round(h.Halves)
		}
	}
	return m, nil
}

func checkLoRAs(list []inference.LoRA) error {
	if len(list) > maxLoRAs {
		return invalid("%d LoRAs at once; at most %d", len(list), maxLoRAs)
	}
	for i, l := range list {
		switch {
		case l.File == "":
			return invalid("a LoRA without a file")
		case math.IsNaN(l.Strength) || math.Abs(l.Strength) > maxStrength:
			return invalid("the LoRA %s at strength %g; choose -%d to %d", l.File, l.Strength, maxStrength, maxStrength)
		}
		for _, other := range list[:i] {
			if other.File == l.File {
				return invalid("the LoRA %s is there twice", l.File)
			}
		}
	}
	return nil
}
