package cuda

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"kinora/inference/device"
	"kinora/inference/device/cuda/driver"
	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/quant"
)

// Which tile is the fastest is up to the GPU: its caches, its memory, how many blocks
// hide what one waits for. So the tiles are run against each other on it, once.

// A race is between kernels that compute the same in the same memory.
type race struct {
	proof
	wide    bool // they are for compute capability 9.0
	flops   float64
	kernels []string
	forces  []string // what makes the device take each
}

// depth is how long the sums of a race are: long enough for the ends of a tile not to
// count for more than they do in a model.
const depth = 2048

const (
	// warm is how long a race runs before it counts, so that clocks are up, warmUps how
	// often at most, and rounds how often everyone's time is then taken.
	warm, warmUps, rounds = 40 * time.Millisecond, 100, 7
	// lapTime is how long one of those times is about, lapRuns of how many runs at most.
	lapTime, lapRuns = 2 * time.Millisecond, 32
	// limit is how long a race may take, once its kernels are loaded.
	limit = time.Second
	// unsteady is how much longer than its best the median of a kernel's times may be:
	// beyond that another program uses the GPU.
	unsteady = 1.1
)

// Measure runs each tile of products, convolutions and attention on the GPU, whole
// waves of blocks, and returns what it does. That should take a part of a second, and
// takes 40 MB on 28 processors, 140 on 170. It is an error when a kernel is now fast, now
// slow.
func (d *Device) Measure() (device.Speeds, error) {
	if d.opt.Precision == Exact {
		return nil, errors.New("float32 throughout knows no tiles")
	}
	return d.measure(depth, rounds)
}

func (d *Device) measure(depth, rounds int) (device.Speeds, error) {
	wide, unfit, force, parts, opt := d.wide, d.unfit, d.force, d.forceParts, d.opt
	defer func() {
		d.force, d.forceParts, d.opt = force, parts, opt
		if d.wide = wide; d.unfit != unfit { // a kernel has given up
			d.wide = false
		}
	}()
	d.opt, d.forceParts = Options{Precision: Fast}, 1
	speeds := device.Speeds{}
	races := []func() race{
		func() race { return d.productRace("matmul", depth) },
		func() race { return d.convRace("conv3d", depth) },
	}
	for _, size := range flashSizes {
		races = append(races, func() race { return d.flashRace(size, depth) })
	}
	if wide {
		races = append(races, func() race { return d.productRace("wide", depth) }, func() race { return d.convRace("wide_conv", depth) })
	}
	for _, draw := range races {
		r := draw()
		d.wide = r.wide
		if err := d.hold(r, rounds, speeds); err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return speeds, nil
}

// Use has what is loaded from then on choose tiles by what Measure found, and reports
// whether that was all there is to know. Kernels that lack a speed, or a competitor's,
// stay with the supposed one.
func (d *Device) Use(s device.Speeds) (all bool) {
	d.measured, d.lasts, all = map[string][]gemmTile{}, map[int]float64{}, true
	for kind, list := range lists {
		speeds, ok := speedsOf(s, kernelsOf(kind))
		if ok {
			fastest := slices.Max(speeds)
			for i := range speeds {
				speeds[i] /= fastest
			}
			d.measured[kind] = withSpeeds(list, speeds...)
		}
		all = all && (ok || wideLists[kind] && !d.wide)
	}
	for _, size := range flashSizes {
		speeds, ok := speedsOf(s, flashKernels(size))
		if ok {
			d.lasts[size] = 2 * speeds[0] / speeds[1]
		}
		all = all && ok
	}
	return all
}

// speedsOf returns the speeds of kernels, and whether all have one.
func speedsOf(s device.Speeds, kernels []string) (list []float64, ok bool) {
	for _, k := range kernels {
		v := s[k]
		if !(v > 0) || math.IsInf(v, 0) {
			return nil, false
		}
		list = append(list, v)
	}
	return list, true
}

// wideLists are those of compute capability 9.0.
var wideLists = map[string]bool{"wide": true, "wide_conv": true}

// kernelsOf are a list's. Those of float16 do as many products a second.
func kernelsOf(kind string) (names []string) {
	for _, g := range lists[kind] {
		names = append(names, kind+"_bf16_"+g.name)
	}
	return names
}

// flashSizes are the numbers of a head for which there are blocks of two sizes.
var flashSizes = []int{64, 128}

func flashKernels(size int) []string {
	small := fmt.Sprint("attention_bf16_", size)
	return []string{small, small + "x2"}
}

// Races are of whole waves for everyone: a processor makes 768·128 numbers of a product,
// which are 3 tiles of 128x256, 4 of 128x192, 6 of 128x128 and 24 of 64x64, and whole
// blocks of queries.

func (d *Device) productRace(kind string, depth int) race {
	p := max(1, d.info.Processors)
	across := divisor(p, math.Sqrt(float64(p)/6))
	m, n, k := 128*p/across, 768*across, depth
	numbers := numbering()
	r := raceOf(kind, 2*float64(m)*float64(n)*float64(k))
	r.proof = proof{name: "products", src: storedIn(numbers, n, k), in: map[string][]float32{"x": numbers(m*k, 1)},
		draw: func(s *graph.Scope) *graph.Node {
			return s.Input("x", tensor.F32, m, k).Linear(s.Weight("w", n, k), nil, graph.NoAct)
		}}
	return r
}

// convRace is of a frame behind two, in boxes of 8×16 pixels.
func (d *Device) convRace(kind string, depth int) race {
	p := max(1, d.info.Processors)
	across := divisor(p, math.Sqrt(float64(p)/2))
	h, w, ch, n := 8*p/across, 16*across, max(8, depth/32), 768
	numbers := numbering()
	r := raceOf(kind, 2*float64(h*w)*float64(n)*float64(27*ch))
	r.proof = proof{name: "convolutions", src: storedIn(numbers, n, ch, 3, 3, 3),
		in: map[string][]float32{"x": numbers(h*w*ch, 1), "cache": numbers(2*h*w*ch, 1)},
		draw: func(s *graph.Scope) *graph.Node {
			return s.Input("x", tensor.F32, 1, h, w, ch).Conv3D(s.Weight("w", n, ch, 3, 3, 3), nil,
				s.Input("cache", tensor.F32, 2, h, w, ch), graph.Conv3DAttr{Cached: true, Pad: [4]int{1, 1, 1, 1}})
		}}
	return r
}

func (d *Device) flashRace(size, depth int) race {
	const heads = 4
	queries, keys, width := 128*max(1, d.info.Processors), max(32, depth/2), heads*size
	attr := graph.AttentionAttr{Heads: heads, Scale: float32(1 / math.Sqrt(float64(size))), Window: -1}
	numbers := numbering()
	return race{
		proof: proof{name: fmt.Sprintf("attention of heads of %d", size),
			in: map[string][]float32{"q": numbers(queries*width, 1), "k": numbers(keys*width, 1), "v": numbers(keys*width, 1)},
			draw: func(s *graph.Scope) *graph.Node {
				return s.Input("q", tensor.F32, queries, width).Attend(s.Input("k", tensor.F32, keys, width), s.Input("v", tensor.F32, keys, width), nil, attr)
			}},
		flops:   4 * float64(queries) * float64(keys) * float64(width),
		kernels: flashKernels(size), forces: []string{"small", "large"},
	}
}

// raceOf is of a list's tiles, and nothing to compute yet.
func raceOf(kind string, flops float64) race {
	r := race{wide: wideLists[kind], flops: flops, kernels: kernelsOf(kind)}
	for _, g := range lists[kind] {
		r.forces = append(r.forces, g.name)
	}
	return r
}

// storedIn is a weight in bfloat16.
func storedIn(numbers func(n int, size float64) []float32, shape ...int) weights.Map {
	n := tensor.Shape(shape).Len()
	b := make([]byte, tensor.BF16.Size(n))
	for i, v := range numbers(n, 1/math.Sqrt(float64(n/shape[0]))) {
		binary.NativeEndian.PutUint16(b[2*i:], quant.ToBF16(v))
	}
	return weights.Map{"w": {DType: tensor.BF16, Shape: shape, Data: b}}
}

// divisor is the largest of n's that is at most so large, and 1 at least.
func divisor(n int, most float64) int {
	for i := int(most); i > 1; i-- {
		if n%i == 0 {
			return i
		}
	}
	return 1
}

// hold takes everyone's time in every round, so that what slows the GPU for a while slows
// them all, and adds their speeds.
func (d *Device) hold(r race, rounds int, speeds device.Speeds) (err error) {
	d.force = r.forces[0]
	prog, err := d.put(r.proof)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, prog.Close()) }()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := prog.Run(ctx); err != nil { // which rounds inputs, for all
		return err
	}
	runners := make([]*layout, len(r.kernels))
	for i := range runners {
		d.force = r.forces[i]
		if err := d.do(func() (err error) { runners[i], err = prog.again(r.kernels[i]); return err }); err != nil {
			return err
		}
	}
	once, times := make([]time.Duration, len(runners)), make([][]time.Duration, len(runners))
	begun := d.now()
	for n := 0; n < 2 || n < warmUps && d.now().Sub(begun) < warm; n++ {
		for i, l := range runners {
			if once[i], err = d.lap(l, 1); err != nil {
				return err
			}
		}
		if n == 0 { // that has loaded kernels, and may have compiled them
			begun = d.now()
		}
	}
	for range rounds {
		for i, l := range runners {
			if d.now().Sub(begun) > limit {
				return fmt.Errorf("it takes over %v", limit)
			}
			t, err := d.lap(l, max(1, min(lapRuns, int(lapTime/max(1, once[i])))))
			if err != nil {
				return err
			}
			times[i] = append(times[i], t)
		}
	}
	for i, t := range times {
		slices.Sort(t)
		best, median := t[0].Seconds(), t[len(t)/2].Seconds()
		if best <= 0 {
			return fmt.Errorf("%s takes no time", r.kernels[i])
		}
		if median > unsteady*best {
			return fmt.Errorf("%s takes %.3f ms and then %.3f: something else uses the GPU", r.kernels[i], 1000*best, 1000*median)
		}
		speeds[r.kernels[i]] = r.flops / best
	}
	return nil
}

// again lays a program's plan out once more in the same memory, as the device chooses now,
// and leaves that kernel's launches alone in it.
func (p *program) again(kernel string) (*layout, error) {
	was := p.lay
	l := &layout{dev: p.dev, plan: p.plan, precision: was.precision, base: was.base, states: was.states, known: p.shared.operands, tablesAt: was.tablesAt}
	l.scratch = scratch{at: was.scratch.at, size: was.scratch.size, reads: was.scratch.reads}
	if err := l.lay(); err != nil {
		return nil, err
	}
	if len(l.tables) > len(was.tables) || len(l.wanted) > 0 {
		return nil, errors.New("it needs other memory")
	}
	if l.launches = slices.DeleteFunc(l.launches, func(x driver.Launch) bool { return x.Kernel != kernel }); len(l.launches) == 0 {
		return nil, fmt.Errorf("%s was not taken", kernel)
	}
	return l, nil
}

// lap is how long a layout's launches take, done n times.
func (d *Device) lap(l *layout, n int) (each time.Duration, err error) {
	if len(l.tables) > 0 { // another's are there
		if err := d.do(func() error { return d.drv.Upload(driver.Compute, l.tablesAt, l.tables) }); err != nil {
			return 0, err
		}
	}
	each, err = d.clock(n, func() error {
		for i := range l.launches {
			if err := d.drv.Launch(driver.Compute, &l.launches[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && l.waits {
		err = d.do(d.gaveUp)
	}
	return each, err
}
