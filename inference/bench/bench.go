// Package bench measures a device at the published model's sizes, beside what the
// device can do at most: the tiles that it chooses among, each operation by itself,
// products of few rows with packed weights, then a pass of the denoiser and the decoding of a latent frame, with random
// weights. From the same model of the work it predicts other GPUs. It does not know what
// is done with the figures.
package bench

import (
	"context"
	"fmt"
	"time"

	"kinora/inference/device"
)

// A Line is one measurement.
type Line struct {
	Name    string  `json:"name"`
	Clip    string  `json:"clip,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
	Rate    float64 `json:"rate,omitempty"` // operations or bytes a second
	Unit    string  `json:"unit,omitempty"`
	Share   float64 `json:"share,omitempty"` // of the ceiling
	Bytes   int64   `json:"bytes,omitempty"` // held by the device
	Times   float64 `json:"times,omitempty"` // as long as the device's first way takes
}

func (l Line) String() string {
	s := fmt.Sprintf("%-47s %-13s", l.Name, l.Clip)
	if l.Seconds > 0 {
		s += fmt.Sprintf(" %11.3f ms", 1000*l.Seconds)
	} else {
		s += fmt.Sprintf(" %14s", "")
	}
	switch l.Unit {
	case "FLOP/s":
		s += fmt.Sprintf("  %8.2f TFLOP/s", l.Rate/1e12)
	case "B/s":
		s += fmt.Sprintf("  %8.1f GB/s   ", l.Rate/1e9)
	}
	if l.Share > 0 && l.Share != 1 {
		s += fmt.Sprintf("  %5.1f %%", 100*l.Share)
	}
	if l.Bytes > 0 {
		s += fmt.Sprintf("  %6.2f GB held", float64(l.Bytes)/(1<<30))
	}
	if l.Times > 0 {
		s += fmt.Sprintf("  %5.2f times as long", l.Times)
	}
	return s
}

// A Size is how much is measured.
type Size int

// The sizes: everything, for a GPU; what a CPU does in a minute, with a single
// block of the denoiser and no full-size decoder; and next to nothing, for tests.
const (
	Full Size = iota
	Short
	Tiny
)

// Options say what to measure and where figures go.
type Options struct {
	Device device.Device
	Size   Size
	Parts  []string // of Parts; empty: all
	Runs   int      // how often each is run
	Most   time.Duration
	Report func(Line)
	// Look, where it is set, may look at each whole program after it was measured.
	Look func(name, clip string, p device.Program, each time.Duration) error
	// Ways are several in which the device can do the same; empty: as it does.
	Ways []Way
	// PackedWays are Ways of products with weights in fewer bits.
	PackedWays []Way
	// Blocks is how many blocks of the denoiser are drawn; 0: all.
	Blocks int
}

// A Way is a device's, with other kernels. The first is the device's own: Take makes
// what is loaded from then on go that way, and Kernels tells programs of different ways
// apart. What is the same in a way as in the first is not measured again.
type Way struct {
	Name    string
	Take    func()
	Kernels func(device.Program) string
}

// Parts are what Run measures, in order.
var Parts = []string{"ceilings", "tiles", "operations", "packed", "step", "decode"}

type bench struct {
	Options
	ctx      context.Context
	gauge    gauge
	ceilings device.Ceilings
	weights  *random
}

// Run measures, and returns the ceilings that shares are of. A part that fails does
// not keep the others from running.
func Run(ctx context.Context, o Options) (device.Ceilings, []error) {
	b := &bench{Options: o, ctx: ctx, gauge: gaugeOf(o.Device)}
	if b.Runs == 0 {
		b.Runs = 20
	}
	if b.Most == 0 {
		b.Most = time.Second
	}
	var errs []error
	if err := b.measureCeilings(); err != nil {
		return b.ceilings, append(errs, fmt.Errorf("ceilings: %w", err))
	}
	for _, part := range []struct {
		name string
		run  func() error
	}{{"tiles", b.tiles}, {"operations", b.operations}, {"packed", b.packed}, {"step", b.steps}, {"decode", b.decodes}} {
		if !b.wants(part.name) || (part.name == "decode" || part.name == "packed") && o.Size == Short {
			continue
		}
		if err := part.run(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", part.name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return b.ceilings, errs
}

func (b *bench) wants(part string) bool {
	for _, p := range b.Parts {
		if p == part {
			return true
		}
	}
	return len(b.Parts) == 0
}

func (b *bench) report(l Line) {
	if b.Report != nil {
		b.Report(l)
	}
}

// rated adds what a line's work makes of its time.
func (b *bench) rated(l Line, flops, bytes float64) Line {
	switch {
	case l.Seconds <= 0:
	case flops > 0:
		l.Rate, l.Unit = flops/l.Seconds, "FLOP/s"
		l.Share = l.Rate / max(b.ceilings.BF16, b.ceilings.F32)
	case bytes > 0:
		l.Rate, l.Unit = bytes/l.Seconds, "B/s"
		l.Share = l.Rate / b.ceilings.Copy
	}
	return l
}

func (b *bench) measureCeilings() (err error) {
	if b.Size == Tiny { // an emulated GPU would take hours
		b.ceilings = device.Ceilings{BF16: 1e12, F16: 1e12, Copy: 1e12}
		return nil
	}
	if b.ceilings, err = b.gauge.Ceilings(); err != nil {
		return err
	}
	for _, c := range []struct {
		name string
		rate float64
		unit string
	}{
		{"ceiling: products of registers, bf16", b.ceilings.BF16, "FLOP/s"},
		{"ceiling: products of registers, f16", b.ceilings.F16, "FLOP/s"},
		{"ceiling: products of registers, f32", b.ceilings.F32, "FLOP/s"},
		{"ceiling: copy, read and written", b.ceilings.Copy, "B/s"},
	} {
		if c.rate > 0 {
			b.report(Line{Name: c.name, Rate: c.rate, Unit: c.unit, Share: 1})
		}
	}
	return nil
}
