// Package paper is a device that only counts: plans are loaded and run on it in no
// time, and it tells how many bytes the device that it stands for would hold.
// Whoever drives programs can so be driven once in advance. It knows no operation
// and computes nothing.
package paper

import (
	"context"
	"strings"

	"kinora/inference/device"
	"kinora/inference/plan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// A Device counts for another.
type Device struct {
	device.Device
	now, peak int64
	work      float64
}

// New returns a device that stands for of, with nothing in it.
func New(of device.Device) *Device { return &Device{Device: of} }

// Held implements device.Ledger.
func (d *Device) Held() (now, peak int64) { return d.now, d.peak }

// Mark implements device.Ledger.
func (d *Device) Mark() { d.peak = d.now }

// Forget leaves out of the peak what was only tried since it was peak.
func (d *Device) Forget(peak int64) { d.peak = max(peak, d.now) }

// Sizes implements device.Sizer.
func (d *Device) Sizes(p *plan.Plan) (device.Sizes, error) { return device.SizesOf(d.Device, p) }

// SharesHost reports whether the other device's memory is the computer's.
func (d *Device) SharesHost() bool {
	_, ok := d.Device.(device.HostSharer)
	return ok
}

// OnHost implements device.HostSharer.
func (d *Device) OnHost(n int64) {
	if d.SharesHost() {
		d.take(n)
	}
}

// Work returns the floating-point operations of all that ran.
func (d *Device) Work() float64 { return d.work }

// Add counts work that need not be run to be known.
func (d *Device) Add(flops float64) { d.work += flops }

// Close leaves the other device open.
func (d *Device) Close() error { return nil }

func (d *Device) take(n int64) {
	d.now += n
	d.peak = max(d.peak, d.now)
}

// Need returns the bytes that loading and running p takes beside what is held. Of its
// weights, resident bytes stay on the device, and of those there are held already.
func (d *Device) Need(p *plan.Plan, with device.Program) (need, resident, there int64, err error) {
	s, err := d.Sizes(p)
	if err != nil {
		return 0, 0, 0, err
	}
	need = s.Own + s.Passing
	w, shares := with.(*program)
	if !shares || w.shared.scratch < s.Scratch {
		need += s.Scratch
	}
	for name, size := range s.Shared {
		held := shares && w.shared.held[name] > 0
		if !held {
			need += size
		}
		if strings.HasPrefix(name, device.Weight) {
			resident += size
			if held {
				there += size
			}
		}
	}
	if resident == 0 {
		resident = p.Size[plan.Resident]
	}
	return need, resident, there, nil
}

// Load implements device.Device.
func (d *Device) Load(p *plan.Plan, _ weights.Source, with device.Program) (device.Program, error) {
	s, err := d.Sizes(p)
	if err != nil {
		return nil, err
	}
	pr := &program{dev: d, plan: p, sizes: s, shared: &shared{held: map[string]int64{}}}
	if w, ok := with.(*program); ok {
		pr.shared = w.shared
	}
	pr.shared.programs++
	d.take(s.Own)
	if s.Scratch > pr.shared.scratch {
		pr.shared.scratch = s.Scratch
		pr.shared.scratches += s.Scratch
		d.take(s.Scratch)
	}
	for name, size := range s.Shared {
		if _, ok := pr.shared.held[name]; !ok {
			pr.shared.held[name] = size
			d.take(size)
		}
	}
	return pr, nil
}

// Alloc implements device.Device.
func (d *Device) Alloc(t tensor.DType, s tensor.Shape) (device.Buffer, error) {
	b := &buffer{dtype: t, shape: s, of: d}
	d.take(b.size())
	return b, nil
}

type program struct {
	dev    *Device
	plan   *plan.Plan
	sizes  device.Sizes
	flops  float64
	shared *shared
	closed bool
}

type shared struct {
	programs int
	held     map[string]int64
	// the largest scratch, and all that have become too small
	scratch, scratches int64
}

func (p *program) In(name string) device.Buffer {
	port, ok := p.plan.In[name]
	if !ok {
		return nil
	}
	return &buffer{dtype: port.DType, shape: port.Shape}
}

func (p *program) Out(i int) device.Buffer {
	return &buffer{dtype: p.plan.Out[i].DType, shape: p.plan.Out[i].Shape}
}

func (p *program) Reset() error { return nil }

// Flops is the work of one run.
func (p *program) Flops() float64 { return p.plan.Flops() }

func (p *program) Run(ctx context.Context) error {
	p.dev.peak = max(p.dev.peak, p.dev.now+p.sizes.Passing)
	if p.flops == 0 {
		p.flops = p.plan.Flops()
	}
	p.dev.work += p.flops
	return ctx.Err()
}

func (p *program) Close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	p.dev.now -= p.sizes.Own
	if p.shared.programs--; p.shared.programs == 0 {
		p.dev.now -= p.shared.scratches
		for _, n := range p.shared.held {
			p.dev.now -= n
		}
	}
	return nil
}

type buffer struct {
	dtype tensor.DType
	shape tensor.Shape
	of    *Device // of memory of its own
}

func (b *buffer) size() int64              { return b.dtype.Size(b.shape.Len()) }
func (b *buffer) DType() tensor.DType      { return b.dtype }
func (b *buffer) Shape() tensor.Shape      { return b.shape }
func (b *buffer) Write([]byte) error       { return nil }
func (b *buffer) Read([]byte) error        { return nil }
func (b *buffer) Copy(device.Buffer) error { return nil }

// Free gives the memory back.
func (b *buffer) Free() error {
	if b.of != nil {
		b.of.now -= b.size()
		b.of = nil
	}
	return nil
}
