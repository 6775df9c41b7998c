// Package studiotest has an engine that draws a moving gradient at once, for tests
// of everything around engines. It knows no model.
package studiotest

import (
	"context"
	"fmt"
	"time"

	"kinora/inference"
)

// An Engine is an inference.Engine without inference.
type Engine struct {
	Step     time.Duration // how long a step takes
	Stubborn bool          // ignores that it is to stop
	Fail     error         // what Generate returns after half the steps
	Panic    bool
	Closed   func()
}

// Request is one that the engine takes.
func Request(prompt string) inference.Request {
	return inference.Request{Prompt: prompt, Seed: 7}
}

// Models implements inference.Engine.
func (e *Engine) Models() []inference.Model {
	return []inference.Model{
		{Name: "fake", Title: "Gradient", SizeStep: 2, MaxSize: 512, Samplers: []string{"euler", "unipc"}, Note: "draws a gradient", ImageToVideo: true,
			Default: inference.Request{Model: "fake", Width: 64, Height: 48, Frames: 5, FPS: 10, Steps: 4, Guidance: 1, Sampler: "euler"}},
		{Name: "other", Title: "Another", SizeStep: 2, Samplers: []string{"euler"}, Path: "/nowhere",
			Default: inference.Request{Model: "other", Width: 32, Height: 32, Frames: 3, FPS: 8, Steps: 2, Guidance: 1, Sampler: "euler"}},
	}
}

// Check implements inference.Engine.
func (e *Engine) Check(r inference.Request) (inference.Request, []string, error) {
	all := e.Models()
	d := all[0].Default
	switch r.Model {
	case "", "fake":
	case "other":
		d = all[1].Default
	default:
		return r, nil, fmt.Errorf("%w: %q", inference.ErrNoModel, r.Model)
	}
	r.Model = d.Model
	for _, p := range [][2]*int{{&r.Width, &d.Width}, {&r.Height, &d.Height}, {&r.Frames, &d.Frames}, {&r.FPS, &d.FPS}, {&r.Steps, &d.Steps}} {
		if *p[0] == 0 {
			*p[0] = *p[1]
		}
	}
	if r.Guidance == 0 {
		r.Guidance = d.Guidance
	}
	if r.Sampler == "" {
		r.Sampler = d.Sampler
	}
	if r.Prompt == "" && r.Image == nil {
		return r, nil, fmt.Errorf("%w: the prompt is empty", inference.ErrInvalid)
	}
	if r.Width%2 != 0 || r.Height%2 != 0 || r.Width < 2 || r.Height < 2 || r.Width > 4096 || r.Height > 4096 || r.Frames < 1 || r.Frames > 1000 {
		return r, nil, fmt.Errorf("%w: %d×%d is no size", inference.ErrInvalid, r.Width, r.Height)
	}
	var notes []string
	if r.Prompt == "gobbledygook" {
		notes = append(notes, "It does not know the word gobbledygook.")
	}
	return r, notes, nil
}

// Generate implements inference.Engine.
func (e *Engine) Generate(ctx context.Context, r inference.Request, report func(inference.Progress)) (*inference.Clip, error) {
	begun := time.Now()
	report(inference.Progress{Stage: inference.Loading})
	for i := range r.Steps {
		t := time.NewTimer(e.Step)
		if e.Stubborn {
			<-t.C
		}
		select {
		case <-ctx.Done():
			t.Stop()
			return nil, ctx.Err()
		case <-t.C:
		}
		p := inference.Progress{Stage: inference.Denoising, Step: i + 1, Of: r.Steps, Done: float64(i+1) / float64(r.Steps)}
		if i%2 == 0 {
			p.Preview = &inference.Clip{Width: 1, Height: 1, FPS: 1, Frames: [][]byte{{1, 2, byte(i)}}}
		}
		report(p)
		if i >= r.Steps/2 {
			if e.Panic {
				panic("a fault in the engine")
			}
			if e.Fail != nil {
				return nil, e.Fail
			}
		}
	}
	return Clip(r, time.Since(begun)), nil
}

// Clip is what the engine makes of a request.
func Clip(r inference.Request, took time.Duration) *inference.Clip {
	c := &inference.Clip{Width: r.Width, Height: r.Height, FPS: r.FPS, Timings: map[inference.Stage]time.Duration{inference.Denoising: took}}
	for t := range r.Frames {
		f := make([]byte, 0, 3*r.Width*r.Height)
		for i := range r.Width * r.Height {
			x, y := i%r.Width, i/r.Width
			f = append(f, byte(x*4+t*8), byte(y*4), byte(r.Seed)*16)
		}
		c.Frames = append(c.Frames, f)
	}
	return c
}

// Close tells Closed.
func (e *Engine) Close() error {
	if e.Closed != nil {
		e.Closed()
	}
	return nil
}
