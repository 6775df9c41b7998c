package cuda

import (
	"context"
	"errors"
	"time"

	"kinora/inference/device/cuda/driver"
	"kinora/inference/plan"
)

// group is how many launches are recorded as one graph at most: few enough that a
// cancelled run ends soon even where kernels did not look.
const group = 128

// A segment is a run of launches sent at once: those between two uploads, or a
// group of them.
type segment struct {
	launches []driver.Launch
	upload   int // that it is the first to need, or −1
	graph    driver.Graph
	recorded bool
	done     driver.Event
}

// A runner sends a program's launches: the first time one by one, the second time
// recording them, then by replay. Weights that do not stay are copied on a stream
// of their own, one upload ahead, into the half of staging that has been left.
type runner struct {
	segments []segment
	last     []int          // the last segment that reads each upload
	arrived  []driver.Event // each upload is there
	pinned   [][]byte       // the halves, or every upload
	runs     int
	plain    bool // the driver cannot record
}

func (r *runner) prepare(p *program) error {
	l, drv := p.lay, p.dev.drv
	next, from := 0, 0
	first := -1
	cut := func(to int) error {
		if from == to && first < 0 {
			return nil
		}
		e, err := drv.NewEvent()
		r.segments = append(r.segments, segment{launches: l.launches[from:to], upload: first, done: e})
		from, first = to, -1
		return err
	}
	for i := 0; i <= len(l.launches); i++ {
		for next < len(l.uploads) && l.uploads[next].before == i {
			if err := cut(i); err != nil {
				return err
			}
			first = next
			next++
		}
		if i == len(l.launches) || i-from == group {
			if err := cut(i); err != nil {
				return err
			}
		}
	}
	r.last = make([]int, len(l.uploads))
	reads := -1
	for i, s := range r.segments {
		if s.upload >= 0 {
			reads = s.upload
		}
		if reads >= 0 {
			r.last[reads] = i
		}
	}
	return r.pin(p)
}

// pin gets the host's side of uploads, and fills it where all of it fits. Where the system
// does not pin so much, two halves must do.
func (r *runner) pin(p *program) error {
	var all, half int64
	for _, u := range p.lay.uploads {
		e, err := p.dev.drv.NewEvent()
		if err != nil {
			return err
		}
		r.arrived = append(r.arrived, e)
		all += u.slot.Size
		half = max(half, u.slot.Size)
	}
	n, most := len(p.lay.uploads), int64(12<<30)
	if ask := p.dev.opt.Pinnable; ask != nil {
		most = ask()
	}
	if n <= 2 || all <= most {
		err := r.pinAll(p)
		var e *driver.Error
		if n <= 2 || !errors.As(err, &e) || e.Code != driver.OutOfMemory {
			return err
		}
		if err := r.unpin(p); err != nil {
			return err
		}
	}
	for range 2 {
		b, err := p.dev.drv.Pin(half)
		if err != nil {
			return err
		}
		r.pinned = append(r.pinned, b)
	}
	return nil
}

// pinAll gets room for every upload, and fills it.
func (r *runner) pinAll(p *program) error {
	for i, u := range p.lay.uploads {
		b, err := p.dev.drv.Pin(u.slot.Size)
		if err != nil {
			return err
		}
		r.pinned = append(r.pinned, b)
		if err := p.fill(b, i); err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) unpin(p *program) (err error) {
	for _, b := range r.pinned {
		err = errors.Join(err, p.dev.drv.Unpin(b))
	}
	r.pinned = nil
	return err
}

// fill puts the weights of upload i into host memory in the forms asked for.
func (p *program) fill(b []byte, i int) error {
	u := p.lay.uploads[i]
	for _, w := range u.parts {
		data, err := w.operand.bytes(p.src)
		if err != nil {
			return err
		}
		copy(b[w.slot.Off-u.slot.Off:], data)
	}
	return nil
}

// send begins to copy upload i, as soon as its half of staging is left.
func (r *runner) send(p *program, i int) error {
	drv, u := p.dev.drv, p.lay.uploads[i]
	if i >= 2 {
		if err := drv.Wait(driver.Copies, r.segments[r.last[i-2]].done); err != nil {
			return err
		}
	}
	b := r.pinned[i%len(r.pinned)]
	if len(r.pinned) < len(p.lay.uploads) {
		if i >= 2 { // the host's half is free when the copy from it has ended
			if err := p.dev.poll(context.Background(), r.arrived[i-2]); err != nil {
				return err
			}
		}
		if err := p.fill(b, i); err != nil {
			return err
		}
	}
	if err := drv.Upload(driver.Copies, p.lay.base[plan.Staging]+driver.Ptr(u.slot.Off), b[:u.slot.Size]); err != nil {
		return err
	}
	return drv.Record(r.arrived[i], driver.Copies)
}

// Run implements device.Program. When ctx ends, the kernels under way are told to
// stop, and Run returns when they have.
func (p *program) Run(ctx context.Context) error {
	return p.dev.do(func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return p.runner.run(ctx, p)
	})
}

func (r *runner) run(ctx context.Context, p *program) error {
	d := p.dev
	if d.set { // a cancelled run left the word set
		words := int64(4)
		if p.lay.waits {
			words = stopWords
		}
		if err := errors.Join(d.drv.Zero(driver.Control, d.stop, words), d.drv.Sync(driver.Control)); err != nil {
			return err
		}
		d.set = false
	}
	err := r.sendAll(ctx, p)
	if n := len(r.segments); err == nil && n > 0 {
		err = d.poll(ctx, r.segments[n-1].done)
	}
	if err != nil {
		return errors.Join(err, d.drv.Sync(driver.Compute), d.drv.Sync(driver.Copies))
	}
	r.runs++
	if err := d.drv.Sync(driver.Compute); err != nil || !p.lay.waits {
		return err
	}
	return d.gaveUp()
}

func (r *runner) sendAll(ctx context.Context, p *program) error {
	drv := p.dev.drv
	if len(r.arrived) > 0 {
		if err := r.send(p, 0); err != nil {
			return err
		}
	}
	for i := range r.segments {
		if ctx.Err() != nil {
			return p.dev.interrupt(ctx)
		}
		s := &r.segments[i]
		if s.upload >= 0 {
			if err := drv.Wait(driver.Compute, r.arrived[s.upload]); err != nil {
				return err
			}
		}
		if err := r.launch(drv, s, p.dev.opt.Plain); err != nil {
			return err
		}
		if err := drv.Record(s.done, driver.Compute); err != nil {
			return err
		}
		// the copy after this one goes beside the computing with this one
		if s.upload >= 0 && s.upload+1 < len(r.arrived) {
			if err := r.send(p, s.upload+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *runner) launch(drv driver.Driver, s *segment, plain bool) error {
	if s.recorded {
		return drv.Replay(s.graph, driver.Compute)
	}
	record := r.runs > 0 && !r.plain && !plain && len(s.launches) > 1
	if record && drv.Begin(driver.Compute) != nil {
		record, r.plain = false, true
	}
	for i := range s.launches {
		if err := drv.Launch(driver.Compute, &s.launches[i]); err != nil {
			if record {
				_, _ = drv.End(driver.Compute)
			}
			return err
		}
	}
	if !record {
		return nil
	}
	g, err := drv.End(driver.Compute)
	if err != nil {
		return err
	}
	s.graph, s.recorded = g, true
	return drv.Replay(g, driver.Compute)
}

// poll waits for an event, and interrupts the kernels when ctx ends first.
func (d *Device) poll(ctx context.Context, e driver.Event) error {
	for pause := 20 * time.Microsecond; ; pause = min(2*pause, 2*time.Millisecond) {
		if done, err := d.drv.Done(e); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return d.interrupt(ctx)
		case <-time.After(pause):
		}
	}
}

// interrupt sets the word that all kernels look at, past whatever is queued.
func (d *Device) interrupt(ctx context.Context) error {
	d.set = true
	one := []byte{1, 0, 0, 0}
	return errors.Join(ctx.Err(), d.drv.Upload(driver.Control, d.stop, one), d.drv.Sync(driver.Control))
}

func (r *runner) close(p *program) error {
	err := errors.Join(p.dev.drv.Sync(driver.Compute), p.dev.drv.Sync(driver.Copies))
	for _, s := range r.segments {
		if s.recorded {
			err = errors.Join(err, p.dev.drv.Drop(s.graph))
		}
	}
	return errors.Join(err, r.unpin(p))
}
