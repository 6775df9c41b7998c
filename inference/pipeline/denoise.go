package pipeline

import (
	"fmt"
	"slices"

	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/graph"
	"kinora/inference/model"
	"kinora/inference/sampler"
	"kinora/inference/tensor"
)

// denoise is noise → steps → latent. The step program is loaded once; a device
// that can, records it and replays it at every step.
func (t *take) denoise(c conditions, image device.Buffer) (*latent, error) {
	algorithm, _ := sampler.Named(t.req.Sampler)
	schedule, err := algorithm.Plan(t.req.Steps, t.req.Shift, t.req.Sigmas)
	if err != nil {
		return nil, err
	}
	d := &denoiser{take: t, conditions: c, image: image, steps: schedule.Steps(), at: map[float64]int{}, window: max(0, t.req.Window), times: schedule.Timesteps}
	for i, sigma := range schedule.Sigmas {
		d.at[sigma] = i
	}
	if err := d.embed(); err != nil {
		return nil, err
	}
	if err := d.weigh(algorithm.Passes(d.steps)); err != nil {
		return nil, err
	}
	if err := d.project(); err != nil {
		return nil, err
	}
	x, err := t.newLatent()
	if err != nil {
		return nil, err
	}
	if t.req.Reuse > 0 {
		n := kept * tensor.F32.Size(tensor.Shape(t.shape).Len())
		t.keepOnHost(n)
		defer t.keepOnHost(-n)
	}
	if err := t.provide(algorithm, schedule); err != nil {
		return nil, err
	}
	if d.prog, err = d.load(); err != nil {
		return nil, err
	}
	defer func() { d.prog.Close() }() // the one there is by then
	if err := x.Noise(0); err != nil {
		return nil, err
	}
	if err := d.impose(x); err != nil {
		return nil, err
	}
	t.meter.enter(inference.Denoising, d.steps)
	if err := t.seeBuffer("latents.0", x.buf); err != nil {
		return nil, err
	}
	w := &sampler.Walk{X: x, Schedule: schedule, Denoise: d.velocity, After: d.after}
	return x, algorithm.Run(w)
}

// A denoiser answers a sampler: it runs the model, guides, and holds the first
// frame where a picture gives it.
type denoiser struct {
	*take
	conditions
	image device.Buffer // the first latent frame, or nil
	prog  device.Program
	steps int
	at    map[float64]int // the step of a noise level
	calls int
	reuse reuser
	// window limits attention; it may be found out on the way.
	window int
	times  []float64 // that the model is told, by step
	// made is what the model makes of each of them, and of 0, where it is Timed.
	made map[float32][]float32
}

// groups is how many timesteps the model is told at once: one for all, or, where a picture
// gives the first, one for each latent frame.
func (d *denoiser) groups() int {
	if d.image == nil {
		return 1
	}
	return d.shape[0] / d.traits.Patch[0]
}

// embed has the model work out what it makes of all timesteps there will be.
func (d *denoiser) embed() error {
	m, ok := d.model.(model.Timed)
	if !ok {
		return nil
	}
	list := []float32{0}
	for _, t := range d.times {
		if t := float32(t); !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	prog, err := d.take.load("timesteps", d.parts.Denoiser, nil, func(s *graph.Scope) *graph.Node {
		return m.Times(s, s.Input("t", tensor.F32, len(list)))
	})
	if err != nil {
		return err
	}
	defer prog.Close()
	if err := prog.In("t").Write(tensor.Bytes(list)); err != nil {
		return err
	}
	if err := prog.Run(d.ctx); err != nil {
		return err
	}
	rows, err := floats(prog.Out(0))
	if err != nil {
		return err
	}
	d.made = map[float32][]float32{}
	width := prog.Out(0).Shape()[1]
	for i, t := range list {
		d.made[t] = rows[i*width : (i+1)*width]
	}
	return nil
}

// tell tells a program its timesteps, and returns them.
func (d *denoiser) tell(p device.Program, at float64) ([]float32, error) {
	times := d.timesteps(at)
	if d.made == nil {
		return times, p.In("t").Write(tensor.Bytes(times))
	}
	var rows []float32
	for _, t := range times {
		made, ok := d.made[t]
		if !ok {
			return nil, fmt.Errorf("timestep %g was not foreseen", t)
		}
		rows = append(rows, made...)
	}
	return times, p.In("t").Write(tensor.Bytes(rows))
}

// draw names and draws a step.
func (d *denoiser) draw() (what string, draw manifold) {
	at := []int{d.groups()}
	if d.made != nil {
		at = append(at, len(d.made[0]))
	}
	what = denoiserPhase
	if d.mode.frugal {
		what += ", text in every step"
	}
	window := d.window
	if window > 0 {
		what += fmt.Sprintf(", attention over %d frames", 2*window+1)
	}
	names := []string{"condition"}
	if d.mode.pair {
		what += bothWays
		names = append(names, "negative")
	}
	return what, func(s *graph.Scope) []*graph.Node {
		x, t := s.Input("x", tensor.F32, d.shape...), s.Input("t", tensor.F32, at...)
		var conditions []*graph.Node
		for _, name := range names {
			conditions = append(conditions, s.Input(name, tensor.F32, d.positive.Shape()...))
		}
		return d.model.Denoise(s, x, t, conditions, window)
	}
}

func (d *denoiser) load() (device.Program, error) {
	what, draw := d.draw()
	return d.loadAll(what, d.parts.Denoiser, nil, draw)
}

// weigh tells the meter what denoising and decoding cost.
func (d *denoiser) weigh(passes int) error {
	d.reuse = reuser{of: passes, rule: sampler.Reuse{Limit: d.req.Reuse}}
	what, draw := d.draw()
	flops, err := d.costOf(what, d.parts.Denoiser, draw)
	if err != nil {
		return err
	}
	work := flops * float64(passes)
	if !d.mode.pair {
		work *= 1 + guidedShare(d.req, d.steps)
	}
	d.meter.work[inference.Denoising] = work
	first, err := d.cost(decoderPhase+", first frame", d.parts.VAE, d.drawDecode(d.shape, true))
	if err != nil {
		return err
	}
	rest, err := d.cost(decoderPhase, d.parts.VAE, d.drawDecode(d.shape, false))
	d.meter.work[inference.Decoding] = first + rest*float64(d.shape[0]-1)
	return err
}

// velocity implements sampler.Denoise.
func (d *denoiser) velocity(v, x sampler.Latent, sigma, timestep float64) error {
	to, from := v.(*latent), x.(*latent)
	if err := d.impose(from); err != nil {
		return err
	}
	if d.req.Reuse == 0 || d.onPaper() { // on paper nothing moves
		return d.ask(to, from, sigma, timestep)
	}
	here, err := floats(from.buf)
	if err != nil {
		return err
	}
	if told, ok := d.reuse.instead(here, sigma); ok {
		return to.buf.Write(tensor.Bytes(told))
	}
	if err := d.ask(to, from, sigma, timestep); err != nil {
		return err
	}
	said, err := floats(to.buf)
	d.reuse.note(here, said, sigma)
	return err
}

// ask runs the model, twice where it is guided.
func (d *denoiser) ask(to, from *latent, sigma, timestep float64) error {
	if err := d.prog.In("x").Copy(from.buf); err != nil {
		return err
	}
	times, err := d.tell(d.prog, timestep)
	if err != nil {
		return err
	}
	d.see(fmt.Sprint("model_t.", d.calls), times)
	defer func() { d.calls++ }()
	if d.mode.pair {
		return d.both(to)
	}
	if err := d.pass(to, d.positive, "pred_cond"); err != nil {
		return err
	}
	if !guided(d.req, d.step(sigma), d.steps) {
		return nil
	}
	uncond := &latent{d.take, d.prog.Out(0)} // it need not be copied
	if err := d.pass(uncond, d.negative, "pred_uncond"); err != nil {
		return err
	}
	return d.guide(to, to, uncond)
}

// guide sets to to uncond + guidance·(cond − uncond).
func (d *denoiser) guide(to, cond, uncond *latent) error {
	g := d.req.Guidance
	return to.Mix(sampler.Term{C: 1 - g, L: uncond}, sampler.Term{C: g, L: cond})
}

// both runs the model under the two conditions at once.
func (d *denoiser) both(to *latent) error {
	if err := d.prog.In("condition").Copy(d.positive); err != nil {
		return err
	}
	if err := d.prog.In("negative").Copy(d.negative); err != nil {
		return err
	}
	if err := d.prog.Run(d.ctx); err != nil {
		return err
	}
	for i, name := range []string{"pred_cond", "pred_uncond"} {
		if err := d.seeBuffer(fmt.Sprint(name, ".", d.calls), d.prog.Out(i)); err != nil {
			return err
		}
	}
	return d.guide(to, &latent{d.take, d.prog.Out(0)}, &latent{d.take, d.prog.Out(1)})
}

// step returns the step that a noise level belongs to.
func (d *denoiser) step(sigma float64) int {
	if i, ok := d.at[sigma]; ok {
		return i
	}
	return d.steps
}

// pass runs the model under one condition.
func (d *denoiser) pass(v *latent, c device.Buffer, name string) error {
	if err := d.prog.In("condition").Copy(c); err != nil {
		return err
	}
	if err := d.prog.Run(d.ctx); err != nil {
		return err
	}
	if err := d.seeBuffer(fmt.Sprint(name, ".", d.calls), d.prog.Out(0)); err != nil {
		return err
	}
	if out := d.prog.Out(0); v.buf != out {
		return v.buf.Copy(out)
	}
	return nil
}

// timesteps is what the model is told: the timestep, and, for the latent frame
// that a picture gives, 0.
func (d *denoiser) timesteps(at float64) []float32 {
	t := make([]float32, d.groups())
	for i := range t {
		t[i] = float32(at)
	}
	if d.image != nil {
		t[0] = 0
	}
	return t
}

// impose puts the picture's latent over the first frame.
func (d *denoiser) impose(x *latent) error {
	if d.image == nil {
		return nil
	}
	return x.buf.Copy(d.image)
}

// after implements sampler.Walk.After.
func (d *denoiser) after(step int, x, x0 sampler.Latent) error {
	l := x.(*latent)
	if err := d.impose(l); err != nil {
		return err
	}
	if err := d.seeBuffer(fmt.Sprint("latents.", step+1), l.buf); err != nil {
		return err
	}
	if d.req.Window == inference.AutoWindow && step+1 == d.settled() && step+1 < d.steps {
		if err := d.narrow(l, step+1); err != nil {
			return err
		}
	}
	preview, err := d.preview(x0.(*latent))
	if err != nil {
		return err
	}
	d.meter.step(step+1, preview)
	return d.ctx.Err()
}
