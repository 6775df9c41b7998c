// Package pipeline drives a request down the road: prompt, tokens, text, noise,
// steps, latent, frames. Each stage is one file, in that order. It knows what a
// model draws and what a device runs, and neither by name.
package pipeline

import (
	"context"
	"fmt"
	"time"

	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/graph"
	"kinora/inference/model"
	"kinora/inference/weights/lora"
)

// A Library finds the models there are. It may be used by many goroutines.
type Library interface {
	Models() []inference.Model
	// Open returns the parts of a model and what gives them back.
	Open(name string) (model.Checkpoint, func() error, error)
	// Wording says a prompt in the words that the model was taught, when those are known.
	Wording(name, prompt string) inference.Wording
	// Count returns how many tokens a prompt is, and how many of them the model
	// reads; 0, 0 when that cannot be told.
	Count(name, prompt string) (tokens, most int)
	// Adapter opens a LoRA, by its name or its path, and says how to give it back.
	Adapter(file string) (*lora.Adapter, func() error, error)
}

// A Pipeline makes clips on one device, one at a time; Models, Check and Plan may
// be called meanwhile.
type Pipeline struct {
	dev         device.Device
	lib         Library
	projections *projections
	lent        *lent
	opt         Options
	// test hooks: noise in place of the seed's, and a look at what passes by.
	noise func(index, n int) []float32
	trace func(name string, v []float32)
}

var _ inference.Engine = (*Pipeline)(nil)

// New returns a pipeline on dev over the models of lib.
func New(dev device.Device, lib Library) *Pipeline {
	return &Pipeline{dev: dev, lib: lib, projections: &projections{}, lent: &lent{}}
}

// Options bound and help a pipeline.
type Options struct {
	// Memory is how many bytes of the device may be taken; 0: all that is free.
	Memory int64
	// Texts keeps encoded prompts from one clip to the next; nil keeps none.
	Texts Texts
}

// With sets the options, before the first clip.
func (p *Pipeline) With(o Options) *Pipeline {
	p.opt = o
	return p
}

// Models implements inference.Engine.
func (p *Pipeline) Models() []inference.Model { return p.lib.Models() }

// A take is one request under way.
type take struct {
	*Pipeline
	ctx    context.Context
	req    inference.Request
	model  model.Model
	traits model.Traits
	parts  model.Checkpoint
	shape  []int // of the latent: frames, rows, columns, channels
	meter  *meter

	mix     device.Program // sums so many latents
	mixes   int
	buffers []device.Buffer
	spare   []*latent // for samplers to take

	mode   mode
	ways   map[string]way
	drawn  map[string]*graph.Graph
	room   int64 // on paper: what may be taken
	onHost int64 // bytes on the host
	phases []inference.Phase
	memory inference.Memory

	// on paper: the stage, and the work put down to stages already
	stage   inference.Stage
	counted float64
}

// Generate implements inference.Engine.
func (p *Pipeline) Generate(ctx context.Context, r inference.Request, report func(inference.Progress)) (*inference.Clip, error) {
	r, _, err := p.Check(r)
	if err != nil {
		return nil, err
	}
	m := newMeter(report)
	m.device = p.dev.Name()
	m.enter(inference.Loading, 0)
	parts, closer, err := p.open(r)
	if err != nil {
		return nil, err
	}
	defer closer()
	drawn, err := p.draw(parts)
	if err != nil {
		return nil, err
	}
	t := &take{Pipeline: p, ctx: ctx, req: r, model: drawn, traits: drawn.Traits(), parts: drawn.Checkpoint(), meter: m, drawn: map[string]*graph.Graph{}}
	defer t.end()
	if err := t.measure(); err != nil {
		return nil, err
	}
	room := p.free()
	defer p.lent.lend(room)()
	if err := t.prepare(room); err != nil {
		return nil, err
	}
	clip, err := t.road()
	if err != nil {
		return nil, err
	}
	m.end()
	clip.Timings = m.times
	return clip, nil
}

// measure sizes the latent. Frames that are not one more than a multiple of the
// VAE's stride are made at the next such number, and cut off at the end.
func (t *take) measure() error {
	step := t.traits.SizeStep()
	if t.req.Width%step != 0 || t.req.Height%step != 0 {
		return sizeError(t.req.Width, t.req.Height, step)
	}
	frames := (t.req.Frames-1+t.traits.Temporal-1)/t.traits.Temporal + 1
	t.shape = []int{frames, t.req.Height / t.traits.Spatial, t.req.Width / t.traits.Spatial, t.traits.Channels}
	return nil
}

// road goes down the stages.
func (t *take) road() (*inference.Clip, error) {
	t.meter.enter(inference.Encoding, 0)
	image, err := t.encodeImage()
	if err != nil {
		return nil, fmt.Errorf("encode image: %w", err)
	}
	conditions, err := t.encode()
	if err != nil {
		return nil, fmt.Errorf("encode prompt: %w", err)
	}
	z, err := t.denoise(conditions, image)
	if err != nil {
		return nil, fmt.Errorf("denoise: %w", err)
	}
	clip, err := t.decode(z)
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	return clip, nil
}

// see shows a value to a test.
func (t *take) see(name string, v []float32) {
	if t.trace != nil {
		t.trace(name, v)
	}
}

// A meter turns work into progress: every stage's weight is its share of the whole
// by floating-point operations, as far as they are known.
type meter struct {
	report func(inference.Progress)
	device string
	stage  inference.Stage
	since  time.Time
	times  map[inference.Stage]time.Duration
	work   map[inference.Stage]float64
	of     int
}

func newMeter(report func(inference.Progress)) *meter {
	if report == nil {
		report = func(inference.Progress) {}
	}
	return &meter{report: report, times: map[inference.Stage]time.Duration{}, work: map[inference.Stage]float64{}}
}

func (m *meter) enter(s inference.Stage, of int) {
	m.end()
	m.stage, m.since, m.of = s, time.Now(), of
	m.step(0, nil)
}

func (m *meter) end() {
	if m.stage != "" {
		m.times[m.stage] += time.Since(m.since)
	}
}

// step reports that so much of the stage is done.
func (m *meter) step(n int, preview *inference.Clip) {
	var all, before float64
	for _, s := range []inference.Stage{inference.Loading, inference.Encoding, inference.Denoising, inference.Decoding} {
		if s == m.stage {
			before = all
			if m.of > 0 {
				before += m.work[s] * float64(n) / float64(m.of)
			}
		}
		all += m.work[s]
	}
	p := inference.Progress{Stage: m.stage, Step: n, Of: m.of, Device: m.device, Preview: preview}
	if all > 0 {
		p.Done = before / all
	}
	m.report(p)
}
