package cuda

import (
	"errors"
	"fmt"

	"kinora/inference/device"
	"kinora/inference/device/cuda/driver"
	"kinora/inference/plan"
	"kinora/inference/weights"
)

// A program is a plan laid out in memory.
type program struct {
	dev    *Device
	plan   *plan.Plan
	src    weights.Source
	lay    *layout
	shared *shared
	own    []driver.Ptr // allocations that end with the program
	runner runner
	closed bool
}

// shared is what programs over the same source have in common. It ends with the
// last of them.
type shared struct {
	programs int
	states   map[string]mem
	operands map[string]mem
	scratch  mem // an arena and what is put into 16 bits for a while; programs take turns in it
	own      []driver.Ptr
}

// Load implements device.Device. Everything a run needs is allocated here; a run
// allocates nothing.
func (d *Device) Load(p *plan.Plan, src weights.Source, with device.Program) (device.Program, error) {
	pr := &program{dev: d, plan: p, src: src}
	if w, ok := with.(*program); ok && w.dev == d && !w.closed {
		pr.shared = w.shared
	} else {
		pr.shared = &shared{states: map[string]mem{}, operands: map[string]mem{}}
	}
	pr.shared.programs++
	if err := d.do(pr.load); err != nil {
		return nil, errors.Join(fmt.Errorf("load: %w", err), pr.Close())
	}
	return pr, nil
}

// Need returns the bytes that a plan takes on the device, beside what programs it
// shares with already hold.
func (d *Device) Need(p *plan.Plan) (int64, error) {
	l, err := d.learn(p, nil)
	if err != nil {
		return 0, err
	}
	n := l.need()
	for _, s := range p.States {
		n += s.Slot.Size
	}
	return n, nil
}

// learn lays a plan out nowhere.
func (d *Device) learn(p *plan.Plan, known map[string]mem) (*layout, error) {
	l := &layout{dev: d, plan: p, precision: d.precisionFor(p), states: map[string]driver.Ptr{}, known: map[string]mem{}, tablesAt: nowhere(100)}
	for r := range l.base {
		l.base[r] = nowhere(r)
	}
	i := 0
	for name := range p.States {
		l.states[name] = nowhere(5000 + i)
		i++
	}
	for k, m := range known {
		l.known[k] = m
	}
	l.scratch = scratch{at: nowhere(101), learning: true, reads: map[int][]made{}}
	return l, l.lay()
}

// regions are those that a program allocates whole.
var regions = []plan.Region{plan.IO, plan.Consts, plan.Staging}

// turns is what a layout takes only while it runs.
func (l *layout) turns() int64 { return roundUp(l.plan.Size[plan.Arena]) + roundUp(l.scratch.size) }

// need is what a layout takes beside states.
func (l *layout) need() int64 {
	n := l.turns() + int64(len(l.tables))
	for _, r := range regions {
		n += l.plan.Size[r]
	}
	for _, o := range l.wanted {
		n += roundUp(o.size())
	}
	return n
}

func roundUp(n int64) int64 { return (n + 255) / 256 * 256 }

func (p *program) load() error {
	d, s := p.dev, p.shared
	l, err := d.learn(p.plan, s.operands)
	if err != nil {
		return err
	}
	var states int64
	for name, port := range p.plan.States {
		if have, ok := s.states[name]; ok && have.size != port.Slot.Size {
			return fmt.Errorf("state %s is %d bytes elsewhere, %d here", name, have.size, port.Slot.Size)
		} else if !ok {
			states += roundUp(port.Slot.Size)
		}
	}
	need := l.need() + states
	if l.turns() <= s.scratch.size {
		need -= l.turns()
	}
	if err := d.admit(need, "this step"); err != nil {
		return err
	}
	for name, port := range p.plan.States {
		if _, ok := s.states[name]; ok {
			continue
		}
		at, err := d.zeroed(port.Slot.Size)
		if err != nil {
			return err
		}
		s.own = append(s.own, at)
		s.states[name] = mem{at, port.Slot.Size}
	}
	real := &layout{dev: d, plan: p.plan, precision: d.precisionFor(p.plan), states: map[string]driver.Ptr{}, known: s.operands}
	for name, m := range s.states {
		real.states[name] = m.at
	}
	for _, r := range regions {
		if real.base[r], err = p.alloc(p.plan.Size[r]); err != nil {
			return err
		}
	}
	if real.tablesAt, err = p.alloc(int64(len(l.tables))); err != nil {
		return err
	}
	if n := l.turns(); n > s.scratch.size {
		at, err := d.zeroed(n)
		if err != nil {
			return err
		}
		s.own, s.scratch = append(s.own, at), mem{at, n}
	}
	real.base[plan.Arena] = s.scratch.at
	real.scratch = scratch{at: s.scratch.at + driver.Ptr(roundUp(p.plan.Size[plan.Arena])), size: l.scratch.size, reads: l.scratch.reads}
	if err := p.fetch(l.wanted); err != nil {
		return err
	}
	if err := real.lay(); err != nil {
		return err
	}
	for _, k := range p.plan.Consts {
		if err := d.drv.Upload(driver.Compute, real.base[k.Slot.Region]+driver.Ptr(k.Slot.Off), k.Data); err != nil {
			return err
		}
	}
	if len(real.tables) > 0 {
		if err := d.drv.Upload(driver.Compute, real.tablesAt, real.tables); err != nil {
			return err
		}
	}
	p.lay = real
	if err := p.runner.prepare(p); err != nil {
		return err
	}
	return d.drv.Sync(driver.Compute)
}

// alloc returns n zeroed bytes that end with the program.
func (p *program) alloc(n int64) (driver.Ptr, error) {
	if n == 0 {
		return 0, nil
	}
	at, err := p.dev.zeroed(n)
	if err == nil {
		p.own = append(p.own, at)
	}
	return at, err
}

// fetch brings weights to the GPU in the forms asked for.
func (p *program) fetch(list []operand) error {
	var size int64
	for _, o := range list {
		size += roundUp(o.size())
	}
	if size == 0 {
		return nil
	}
	at, err := p.dev.drv.Alloc(size)
	if err != nil {
		return err
	}
	p.shared.own = append(p.shared.own, at)
	for _, o := range list {
		b, err := o.bytes(p.src)
		if err != nil {
			return err
		}
		if err := p.dev.drv.Upload(driver.Compute, at, b); err != nil {
			return err
		}
		p.shared.operands[o.key()] = mem{at, o.size()}
		at += driver.Ptr(roundUp(o.size()))
	}
	return nil
}

func (p *program) buffer(port plan.Port) device.Buffer {
	return &buffer{dev: p.dev, dtype: port.DType, shape: port.Shape, at: p.lay.base[port.Slot.Region] + driver.Ptr(port.Slot.Off), size: port.Slot.Size}
}

// In implements device.Program.
func (p *program) In(name string) device.Buffer {
	port, ok := p.plan.In[name]
	if !ok {
		return nil
	}
	return p.buffer(port)
}

// Out implements device.Program.
func (p *program) Out(i int) device.Buffer { return p.buffer(p.plan.Out[i]) }

// Reset implements device.Program.
func (p *program) Reset() error {
	return p.dev.do(func() error {
		for _, m := range p.shared.states {
			if err := p.dev.drv.Zero(driver.Compute, m.at, m.size); err != nil {
				return err
			}
		}
		return nil
	})
}

// Close implements device.Program.
func (p *program) Close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	if p.dev.broken != nil {
		return nil // the memory went with the context
	}
	return p.dev.do(func() error {
		err := p.runner.close(p)
		if p.shared.programs--; p.shared.programs == 0 {
			p.own = append(p.own, p.shared.own...)
		}
		for _, at := range p.own {
			err = errors.Join(err, p.dev.drv.Free(at))
		}
		p.own = nil
		return err
	})
}
