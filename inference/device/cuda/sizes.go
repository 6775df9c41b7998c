package cuda

import (
	"kinora/inference/device"
	"kinora/inference/plan"
)

// Sizes implements device.Sizer.
func (d *Device) Sizes(p *plan.Plan) (device.Sizes, error) {
	l, err := d.learn(p, nil)
	if err != nil {
		return device.Sizes{}, err
	}
	s := device.Sizes{Own: l.need() - l.turns(), Scratch: l.turns(), Shared: map[string]int64{}}
	for _, o := range l.wanted {
		s.Shared[device.Weight+o.key()] = roundUp(o.size())
		s.Own -= roundUp(o.size())
	}
	for name, port := range p.States {
		s.Shared["state "+name] = roundUp(port.Slot.Size)
	}
	return s, nil
}

// Free gives the memory of a buffer that Alloc gave back.
func (b *buffer) Free() error {
	if !b.own {
		return nil
	}
	b.own = false
	return b.dev.do(func() error { return b.dev.drv.Free(b.at) })
}
