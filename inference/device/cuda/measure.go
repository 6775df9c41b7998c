package cuda

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kinora/inference/device"
	"kinora/inference/device/cuda/driver"
	"kinora/inference/tensor"
)

// Time runs a program with no pause between, after three runs that do not count,
// and returns how long one took: n times, or as often as fits into `most`, though
// twice at least.
func (d *Device) Time(p device.Program, n int, most time.Duration) (time.Duration, error) {
	pr, ok := p.(*program)
	if !ok || pr.dev != d {
		return 0, errors.New("a program of another device")
	}
	var start time.Time
	for range 3 {
		start = d.now()
		if err := p.Run(context.Background()); err != nil {
			return 0, err
		}
	}
	n = max(2, min(n, int(most/max(1, d.now().Sub(start)))))
	each, err := d.clock(n, func() error {
		if len(pr.lay.uploads) > 0 { // the first upload waits for the last run
			if err := d.drv.Sync(driver.Compute); err != nil {
				return err
			}
		}
		return pr.runner.sendAll(context.Background(), pr)
	})
	if err == nil && pr.lay.waits {
		err = d.do(d.gaveUp)
	}
	return each, err
}

// A Part is what the launches of one kernel, alike in size, take of a run.
type Part struct {
	Kernel   string
	Numbers  string // its arguments that are not addresses
	Blocks   int
	Launches int
	Each     time.Duration // of one launch
}

// Profile runs a program's launches one by one, each a few times over, and tells
// where the time goes. What the program computes is lost with it.
func (d *Device) Profile(p device.Program) ([]Part, error) {
	pr, ok := p.(*program)
	if !ok || pr.dev != d {
		return nil, errors.New("a program of another device")
	}
	var order []string
	parts, sample := map[string]*Part{}, map[string]*driver.Launch{}
	for i := range pr.lay.launches {
		l := &pr.lay.launches[i]
		var numbers []string
		for _, a := range l.Args {
			if a>>32 == 0 && a != 0 {
				numbers = append(numbers, fmt.Sprint(a))
			}
		}
		part := Part{Kernel: l.Kernel, Numbers: strings.Join(numbers, " "), Blocks: l.Blocks}
		k := fmt.Sprint(part)
		if parts[k] == nil {
			order, parts[k], sample[k] = append(order, k), &part, l
		}
		parts[k].Launches++
	}
	var all []Part
	for _, k := range order {
		launch := func() error { return d.drv.Launch(driver.Compute, sample[k]) }
		once, err := d.clock(1, launch)
		if err != nil {
			return nil, err
		}
		n := max(1, min(20, int(30*time.Millisecond/max(1, once))))
		if parts[k].Each, err = d.clock(n, launch); err != nil {
			return nil, err
		}
		all = append(all, *parts[k])
	}
	return all, nil
}

// Loaded tells what each file's kernels were loaded as, where the driver knows.
func (d *Device) Loaded() (m map[string]string) {
	if r, ok := d.drv.(interface{ Loaded() map[string]string }); ok {
		_ = d.do(func() error { m = r.Loaded(); return nil })
	}
	return m
}

func (d *Device) clock(n int, f func() error) (each time.Duration, err error) {
	err = d.do(func() error {
		if err := d.drv.Sync(driver.Compute); err != nil {
			return err
		}
		start := d.now()
		for range n {
			if err := f(); err != nil {
				return err
			}
		}
		err := d.drv.Sync(driver.Compute)
		each = d.now().Sub(start) / time.Duration(n)
		return err
	})
	return each, err
}

// Held returns the bytes a program takes on the GPU, what it shares included.
func (d *Device) Held(p device.Program) (int64, error) {
	pr, ok := p.(*program)
	if !ok || pr.dev != d {
		return 0, errors.New("a program of another device")
	}
	n := pr.lay.need()
	for _, m := range pr.shared.operands {
		n += roundUp(m.size)
	}
	for _, m := range pr.shared.states {
		n += roundUp(m.size)
	}
	return n, nil
}

// Ceilings measures what the GPU can do at most, in about a second.
func (d *Device) Ceilings() (c device.Ceilings, err error) {
	const rounds = 1 << 14
	blocksOf := 4 * max(1, d.info.Processors)
	out, err := d.Alloc(tensor.F32, tensor.Shape{256 * blocksOf})
	if err != nil {
		return c, err
	}
	defer d.free(out)
	for kernel, to := range map[string]*float64{"peak_bf16": &c.BF16, "peak_f16": &c.F16} {
		l := (&call{layout: &layout{dev: d}}).one("peak", kernel, blocksOf, out.(*buffer).mem(), rounds)
		if *to, err = d.rate(l, 5, float64(blocksOf)*8*rounds*8*2*16*8*16); err != nil {
			return c, err
		}
	}
	free, _ := d.Memory()
	n := int(min(1<<28, free/16)) // numbers of 4 bytes, in each of two pieces
	var pieces [2]device.Buffer
	for i := range pieces {
		if pieces[i], err = d.Alloc(tensor.F32, tensor.Shape{n}); err != nil {
			return c, err
		}
		defer d.free(pieces[i])
	}
	l := (&call{layout: &layout{dev: d}}).one("copy", "copy", blocks(n, 4096), pieces[0].(*buffer).mem(), pieces[1].(*buffer).mem(), n)
	c.Copy, err = d.rate(l, 10, 8*float64(n))
	return c, err
}

// rate launches l until about that many times are done and returns work a second.
func (d *Device) rate(l driver.Launch, n int, work float64) (float64, error) {
	launch := func() error { return d.drv.Launch(driver.Compute, &l) }
	if _, err := d.clock(2, launch); err != nil {
		return 0, err
	}
	each, err := d.clock(n, launch)
	if err != nil {
		return 0, err
	}
	return work / each.Seconds(), nil
}

// one is a launch by itself.
func (c *call) one(file, kernel string, blocks int, args ...any) driver.Launch {
	c.launch(file, kernel, blocks, 256, 0, args...)
	return c.launches[0]
}

func (b *buffer) mem() mem { return mem{b.at, b.size} }

func (d *Device) free(b device.Buffer) {
	_ = d.do(func() error { return d.drv.Free(b.(*buffer).at) })
}

// Describe says what the GPU is, in a line.
func (d *Device) Describe() string {
	i, how := d.info, ""
	if d.wide {
		how = ", wgmma"
	} else if d.unfit != nil {
		how = fmt.Sprintf(", mma.sync since %v", d.unfit)
	}
	return fmt.Sprintf("%s, compute capability %d.%d, %d processors at %d MHz, driver for CUDA %d.%d%s",
		i.Name, i.Major, i.Minor, i.Processors, i.Clock/1000, i.Version/1000, i.Version%1000/10, how)
}

// Launches lists how often each kernel runs in a program.
func (d *Device) Launches(p device.Program) map[string]int {
	n := map[string]int{}
	for _, l := range p.(*program).lay.launches {
		n[l.Kernel]++
	}
	return n
}
