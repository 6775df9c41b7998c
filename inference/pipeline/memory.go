package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/paper"
	"kinora/inference/graph"
	"kinora/inference/plan"
)

// The programs of a take, as people know them.
const (
	textPhase     = "text encoder"
	imagePhase    = "picture encoder"
	denoiserPhase = "denoiser"
	decoderPhase  = "VAE decoder"
)

// spare is left free, whatever the budget: what a device takes beside programs.
const spare = 256 << 20

// free is what a clip may take.
func (p *Pipeline) free() int64 {
	free, _ := p.dev.Memory()
	free = max(0, free-spare)
	if p.opt.Memory > 0 {
		return min(p.opt.Memory, free)
	}
	return free
}

// lent is what the clip under way was given, which is not free meanwhile.
type lent struct {
	mu   sync.Mutex
	room int64
}

func (l *lent) lend(n int64) (back func()) {
	l.set(n)
	return func() { l.set(0) }
}

func (l *lent) set(n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.room = n
}

func (l *lent) now() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.room
}

// Plan implements inference.Planner. A request without a prompt is planned too.
func (p *Pipeline) Plan(r inference.Request) (m inference.Memory, err error) {
	room := p.opt.Memory
	if room <= 0 {
		room = p.lent.now()
	}
	if room <= 0 {
		room = p.free()
	}
	if strings.TrimSpace(r.Prompt) == "" {
		r.Prompt = "clip"
	}
	t, closer, err := p.sketch(r)
	if err != nil {
		return m, err
	}
	defer closer()
	if err := t.prepare(room); err != nil {
		return inference.Memory{Device: p.dev.Name(), Room: room}, err
	}
	return t.memory, nil
}

// sketch opens a take that is only planned.
func (p *Pipeline) sketch(r inference.Request) (*take, func() error, error) {
	r, _, err := p.Check(r)
	if err != nil {
		return nil, nil, err
	}
	parts, closer, err := p.open(r)
	if err != nil {
		return nil, nil, err
	}
	drawn, err := p.draw(parts)
	if err != nil {
		closer()
		return nil, nil, err
	}
	t := &take{Pipeline: p, ctx: context.Background(), req: r, model: drawn, traits: drawn.Traits(), parts: drawn.Checkpoint(),
		meter: newMeter(nil), drawn: map[string]*graph.Graph{}}
	if err := t.measure(); err != nil {
		closer()
		return nil, nil, err
	}
	return t, closer, nil
}

// prepare rehearses the take on paper, in every mode until one fits into room, and
// takes the ways that were chosen over.
func (t *take) prepare(room int64) error {
	var tight *errTight
	for _, m := range t.modes() {
		r, err := t.rehearse(m, room)
		if err == nil {
			if m.pair && m.stream {
				r = t.orOneByOne(r)
			}
			t.mode, t.ways, t.memory = r.mode, r.ways, r.told()
			return nil
		}
		if now := (*errTight)(nil); !errors.As(err, &now) {
			return err
		} else if tight == nil || now.need-now.room < tight.need-tight.room {
			tight = now
		}
	}
	return t.refuse(tight, room)
}

// orOneByOne is the take whose denoiser streams fewer weights in a step: with room
// for the tokens of one prompt only, more of the weights stay.
func (t *take) orOneByOne(both *take) *take {
	m := both.mode
	m.pair = false
	single, err := t.rehearse(m, both.room)
	if err == nil && 2*single.streamed() < both.streamed() {
		return single
	}
	return both
}

// streamed is how many bytes of weights cross to the device in a run of the denoiser.
func (t *take) streamed() int64 {
	var n int64
	for _, ph := range t.phases {
		if strings.HasPrefix(ph.Name, denoiserPhase) {
			n = max(n, ph.Streamed)
		}
	}
	return n
}

// rehearse goes down the road on paper.
func (t *take) rehearse(m mode, room int64) (*take, error) {
	quiet := *t.Pipeline
	quiet.dev, quiet.trace, quiet.noise = paper.New(t.dev), nil, nil
	quiet.projections = &projections{}
	if known := t.projections.of(t.parts.Name); known != nil {
		quiet.projections.put(t.parts.Name, known)
	}
	r := &take{Pipeline: &quiet, ctx: t.ctx, req: t.req, model: t.model, traits: t.traits, parts: t.parts, shape: t.shape,
		meter: newMeter(nil), mode: m, room: room, ways: map[string]way{}, drawn: t.drawn}
	r.memory.Work = map[inference.Stage]float64{}
	r.meter.report = r.account
	_, err := r.road()
	return r, err
}

// account puts the work done on paper down to the stages.
func (t *take) account(p inference.Progress) {
	t.tally(t.stage)
	t.stage = p.Stage
}

func (t *take) tally(s inference.Stage) {
	if d, ok := t.dev.(*paper.Device); ok {
		t.memory.Work[s] += d.Work() - t.counted
		t.counted = d.Work()
	}
}

func (t *take) onPaper() bool {
	_, ok := t.dev.(*paper.Device)
	return ok
}

// keepOnHost counts what lies on the host for the rest of the take.
func (t *take) keepOnHost(n int64) {
	t.onHost += n
	if h, ok := t.dev.(device.HostSharer); ok {
		h.OnHost(n)
	}
}

// chose writes down how a program will run. What ph says is worked on is with what
// weights come by in.
func (t *take) chose(w way, p *plan.Plan, ph inference.Phase) {
	t.ways[ph.Name] = w
	ph.Stage, ph.Rows, ph.Staging = t.meter.stage, w.rows, p.Size[plan.Staging]
	_, ph.Streamed, ph.Mapped = p.Held()
	ph.Working -= ph.Staging
	t.phases = append(t.phases, ph)
}

// told is the memory of a take that was rehearsed.
func (t *take) told() inference.Memory {
	m := inference.Memory{Request: t.req, Device: t.dev.Name(), Room: t.room, Host: t.onHost, Shared: t.dev.(*paper.Device).SharesHost(), Phases: t.phases, Work: t.memory.Work}
	t.tally(t.stage)
	delete(m.Work, "")
	for i := range m.Phases {
		ph := &m.Phases[i]
		if strings.Contains(ph.Name, "tiles of") {
			ph.Tiles = t.mode.tiles.rows * t.mode.tiles.columns
		}
		m.Peak = max(m.Peak, ph.Total)
	}
	_, peak := t.dev.(device.Ledger).Held()
	m.Peak = max(m.Peak, peak)
	return m
}

// refuse says what does not fit, and the nearest settings that do.
func (t *take) refuse(tight *errTight, room int64) error {
	r := t.req
	why := fmt.Sprintf("%d×%d with %d frames needs at least %s (%s), and there is room for %s",
		r.Width, r.Height, r.Frames, gigabytes(room+tight.need-tight.room), tight.what, gigabytes(room))
	var fits []string
	if n := t.mostFrames(room); n > 0 {
		fits = append(fits, fmt.Sprintf("%d frames at this size", n))
	}
	if w, h := t.largest(room); w > 0 {
		fits = append(fits, fmt.Sprintf("%d×%d with all %d frames", w, h, r.Frames))
	}
	if len(fits) == 0 {
		return fmt.Errorf("%w: %s; no smaller clip of this model fits either: give it more room, or choose a smaller model", inference.ErrNoMemory, why)
	}
	return fmt.Errorf("%w: %s; what fits is %s", inference.ErrNoMemory, why, strings.Join(fits, ", or "))
}

// fits tells whether another size would fit.
func (t *take) fits(w, h, frames int, room int64) bool {
	o := *t
	o.req.Width, o.req.Height, o.req.Frames = w, h, frames
	o.drawn = map[string]*graph.Graph{}
	if o.measure() != nil {
		return false
	}
	all := o.modes()
	_, err := o.rehearse(all[len(all)-1], room) // the one that takes least
	return err == nil
}

// mostFrames is the longest clip of this size that fits, 0 if none does.
func (t *take) mostFrames(room int64) int {
	step := t.traits.Temporal
	lo, hi := -1, (t.req.Frames-2)/step // 1 + step·lo fits, 1 + step·(hi+1) does not
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if t.fits(t.req.Width, t.req.Height, 1+step*mid, room) {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	if lo < 0 {
		return 0
	}
	return 1 + step*lo
}

// largest is the largest size of the same shape that fits with all frames, 0 if
// none does.
func (t *take) largest(room int64) (w, h int) {
	step := t.traits.SizeStep()
	if m, err := t.find(t.req.Model); err == nil && m.SizeStep > 0 {
		step = m.SizeStep // a model may be made for fewer sizes than it can draw
	}
	at := func(i int) (w, h int) { // i steps of the longer side
		a, b := t.req.Width, t.req.Height
		long, short := max(a, b), min(a, b)
		l := i * step
		s := max(step, (l*short+long/2)/long/step*step)
		if a >= b {
			return l, s
		}
		return s, l
	}
	lo, hi := 0, max(t.req.Width, t.req.Height)/step-1
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if w, h := at(mid); t.fits(w, h, t.req.Frames, room) {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	if lo == 0 {
		return 0, 0
	}
	return at(lo)
}
