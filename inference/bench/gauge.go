package bench

import (
	"context"
	"time"

	"kinora/inference/device"
)

// A gauge is how a device is measured. One that can do it better than by running
// programs and looking at the clock does it itself.
type gauge interface {
	// Time runs a program n times, or as often as fits into most, after it has
	// warmed up, and returns how long one run took.
	Time(p device.Program, n int, most time.Duration) (time.Duration, error)
	Ceilings() (device.Ceilings, error)
	// Held is what a program takes of the device's memory.
	Held(device.Program) (int64, error)
}

func gaugeOf(d device.Device) gauge {
	if g, ok := d.(gauge); ok {
		return g
	}
	return watch{d}
}

// A watch is the gauge of devices that have none.
type watch struct{ device.Device }

func (watch) Time(p device.Program, n int, most time.Duration) (time.Duration, error) {
	begun := time.Now()
	if err := p.Run(context.Background()); err != nil {
		return 0, err
	}
	n = max(1, min(n, int(most/max(1, time.Since(begun)))))
	begun = time.Now()
	for range n {
		if err := p.Run(context.Background()); err != nil {
			return 0, err
		}
	}
	return time.Since(begun) / time.Duration(n), nil
}

func (w watch) Ceilings() (device.Ceilings, error) {
	if c, ok := w.Device.(interface{ Ceilings() device.Ceilings }); ok {
		return c.Ceilings(), nil
	}
	return device.Ceilings{}, nil
}

func (watch) Held(p device.Program) (int64, error) {
	if h, ok := p.(interface{ Held() int64 }); ok {
		return h.Held(), nil
	}
	return 0, nil
}
