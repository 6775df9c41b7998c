package cuda

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"kinora/inference/device"
	"kinora/inference/device/cuda/driver"
	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/quant"
)

// A track is a fake whose kernels take time.
type track struct {
	*fake
	clock time.Time
	takes func(kernel string, before int) time.Duration // in which launch of that kernel
	count map[string]int
	most  int64 // bytes that were held at once
	lost  bool  // a kernel has waited in vain
}

func (f *track) Download(s driver.Stream, to []byte, from driver.Ptr) error {
	if f.lost && len(to) == stopWords {
		to[4] = 1
	}
	return f.fake.Download(s, to, from)
}

func (f *track) Launch(s driver.Stream, l *driver.Launch) error {
	f.clock = f.clock.Add(f.takes(l.Kernel, f.count[l.Kernel]))
	f.count[l.Kernel]++
	return f.fake.Launch(s, l)
}

func (f *track) Alloc(n int64) (driver.Ptr, error) {
	p, err := f.fake.Alloc(n)
	var held int64
	for _, n := range f.held {
		held += n
	}
	f.most = max(f.most, held)
	return p, err
}

// tracked is a GPU, of compute capability 9.0 or not, whose kernels take so long.
func tracked(t *testing.T, wide bool, o Options, takes func(kernel string, before int) time.Duration) (*Device, *track) {
	t.Helper()
	f := &track{fake: newFake(), clock: time.Unix(1e9, 0), takes: takes, count: map[string]int{}}
	f.info.Processors, f.info.Clock, f.quiet = 28, 1.7e6, true
	if wide {
		f.info.Major, f.info.Minor, f.info.Processors, f.info.Shared = 9, 0, 132, 227<<10
	}
	if o.Vet == nil {
		o.Vet = trust
	}
	made, err := New(func(int) (driver.Driver, error) { return f, nil }, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { made.Close() })
	d := made.(*Device)
	d.now = func() time.Time { return f.clock }
	return d, f
}

// everyKernel are those of all races.
func everyKernel(wide bool) (names []string) {
	for kind := range lists {
		if wide || !wideLists[kind] {
			names = append(names, kernelsOf(kind)...)
		}
	}
	for _, size := range flashSizes {
		names = append(names, flashKernels(size)...)
	}
	return slices.Sorted(slices.Values(names))
}

// Each kernel's time becomes its speed, whichever is the fastest; it is chosen from then
// on, and into as many parts as before. Nothing is left of measuring.
func TestMeasure(t *testing.T) {
	for _, wide := range []bool{false, true} {
		for _, fast := range everyKernel(wide) {
			t.Run(fast, func(t *testing.T) {
				d, f := tracked(t, wide, Options{Small: 7, Budget: 1 << 30}, func(kernel string, _ int) time.Duration { return took(kernel == fast) })
				d.force, d.forceParts = "mine", 3
				unfit := d.unfit
				speeds, err := d.Measure()
				if err != nil {
					t.Fatal(err)
				}
				if got := slices.Sorted(maps.Keys(speeds)); !slices.Equal(got, everyKernel(wide)) {
					t.Errorf("measured were %v", got)
				}
				for k, v := range speeds {
					work := 2.0 * 768 * 128 * depth * float64(d.info.Processors)
					switch {
					case strings.Contains(k, "conv"):
						work *= 27.0 / 32
					case strings.HasPrefix(k, "attention_bf16_64"):
						work = 4 * 128 * 4 * 64 * depth / 2 * float64(d.info.Processors)
					case strings.HasPrefix(k, "attention_bf16_128"):
						work = 4 * 128 * 4 * 128 * depth / 2 * float64(d.info.Processors)
					}
					if want := work / took(k == fast).Seconds(); math.Abs(v/want-1) > 1e-9 {
						t.Errorf("%s does %g operations a second, want %g", k, v, want)
					}
				}
				if len(f.held) != 1 || f.pinned != 0 || f.graphs != 0 {
					t.Errorf("%d pieces of memory are held, %d pinned, %d graphs", len(f.held)-1, f.pinned, f.graphs)
				}
				if f.most > int64(d.info.Processors)*1.5e6 {
					t.Errorf("%d bytes were held for %d processors", f.most, d.info.Processors)
				}
				if d.force != "mine" || d.forceParts != 3 || d.opt.Small != 7 || d.opt.Budget != 1<<30 || d.opt.Precision != Auto || d.opt.Vet == nil || d.wide != wide || d.unfit != unfit {
					t.Errorf("the device is left at %q, %d, %+v, wide %v", d.force, d.forceParts, d.opt, d.wide)
				}
				d.force, d.forceParts = "", 0
				was := &Device{wide: wide, info: d.info}
				if !d.Use(speeds) {
					t.Error("something was not measured")
				}
				for kind, list := range lists {
					for i, k := range kernelsOf(kind) {
						if g, _ := d.tile(kind, 27280, 3072, 3072, false); k == fast && g.name != list[i].name {
							t.Errorf("%s is chosen", g.name)
						}
					}
				}
				for _, size := range flashSizes {
					for i, k := range flashKernels(size) {
						if g := d.flashTile(size, rowSpread{batches: 1, queries: 27280, keys: 27280, step: 1}, 24); k == fast && g.queries != 64*(i+1) {
							t.Errorf("%s is chosen", g.name)
						}
					}
				}
				others := sameParts(t, d, was)
				if others == 0 && slices.Contains(kernelsOf("matmul"), fast) {
					t.Error("no tile is another one than before")
				}
			})
		}
	}
}

func took(fast bool) time.Duration {
	if fast {
		return 300 * time.Microsecond
	}
	return time.Millisecond
}

// sameParts holds a device's parts of K, keys and ways of packed weights to another's, and
// counts the products that have other tiles.
func sameParts(t *testing.T, d, was *Device) (others int) {
	t.Helper()
	for kind := range lists {
		for _, m := range []int{1, 20, 77, 300, 1500, 8190, 27280} {
			for _, s := range [][2]int{{3072, 3072}, {14336, 3072}, {3072, 14336}, {64, 64}, {4096, 10240}} {
				got, parts := d.tile(kind, m, s[0], s[1], true)
				old, want := was.tile(kind, m, s[0], s[1], true)
				if parts != want {
					t.Errorf("%s, %d rows by %v: %d parts, and %d before", kind, m, s, parts, want)
				}
				if got.name != old.name {
					others++
				}
				for dtype := range packed {
					g, parts, in := d.insideOf(dtype, m, s[0], s[1])
					if old, want, was := was.insideOf(dtype, m, s[0], s[1]); in != was || parts != want || g.name != old.name {
						t.Errorf("%d rows by %v of %v: inside %v, and %v before", m, s, dtype, in, was)
					}
				}
			}
		}
	}
	return others
}

// When a kernel is now fast and now slow, nothing is measured; a single slow round is
// none, nor is a first launch that loads the kernel.
func TestUnsteady(t *testing.T) {
	for _, c := range []struct {
		name string
		slow func(before int) bool
		err  bool
	}{
		{"steady", func(int) bool { return false }, false},
		{"slow at first", func(n int) bool { return n < 3 }, false},
		{"slow once", func(n int) bool { return n == 60 }, false},
		{"slow half the time", func(n int) bool { return n/20%2 == 0 }, true},
		{"slow from then on", func(n int) bool { return n > 60 }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, f := tracked(t, false, Options{}, func(kernel string, n int) time.Duration {
				if kernel == "conv3d_bf16_64x64" && c.slow(n) {
					return 260 * time.Microsecond
				}
				return 200 * time.Microsecond
			})
			speeds, err := d.Measure()
			if (err != nil) != c.err || err != nil && !strings.Contains(err.Error(), "convolutions: conv3d_bf16_64x64 takes 0.200 ms and then 0.2") {
				t.Error(err)
			}
			if (speeds == nil) != c.err || len(f.held) != 1 || d.force != "" {
				t.Errorf("%v, %d pieces of memory are held, forced %q", speeds, len(f.held)-1, d.force)
			}
		})
	}
}

// Where it cannot be measured, that is an error and leaves nothing behind.
func TestMeasureFails(t *testing.T) {
	millisecond := func(string, int) time.Duration { return time.Millisecond }
	d, f := tracked(t, false, Options{Precision: Exact}, millisecond)
	if _, err := d.Measure(); err == nil || f.launches != 0 {
		t.Error("measured in float32", err)
	}
	d, f = tracked(t, false, Options{}, func(string, int) time.Duration { return 0 })
	if _, err := d.Measure(); err == nil || !strings.Contains(err.Error(), "takes no time") || len(f.held) != 1 {
		t.Error(err)
	}
	compiled := func(then time.Duration) func(string, int) time.Duration {
		return func(_ string, before int) time.Duration {
			if before == 0 {
				return time.Minute
			}
			return then
		}
	}
	d, _ = tracked(t, false, Options{}, compiled(time.Millisecond))
	if _, err := d.Measure(); err != nil {
		t.Error("compiling counts: ", err)
	}
	d, f = tracked(t, false, Options{}, compiled(40*time.Millisecond))
	if _, err := d.Measure(); err == nil || !strings.Contains(err.Error(), "over 1s") || len(f.held) != 1 {
		t.Error(err)
	}
	d, f = tracked(t, false, Options{}, millisecond)
	f.free = 130 << 20
	if _, err := d.Measure(); err == nil || len(f.held) != 1 || d.force != "" || d.opt.Precision != Auto {
		t.Error("measured in no memory", err)
	}
	d, f = tracked(t, true, Options{}, millisecond)
	f.fail["encode"] = driver.ErrNoMaps
	if _, err := d.Measure(); err == nil || len(f.held) != 1 || !d.wide {
		t.Error("measured without maps", err)
	}
	d, f = tracked(t, true, Options{}, millisecond)
	f.lost = true
	if _, err := d.Measure(); err == nil || len(f.held) != 1 || d.wide || d.unfit == nil {
		t.Errorf("measured by kernels that waited in vain: %v; they are still used: %v", err, d.wide)
	}
}

// Speeds that are none are passed over, with those of all that they would be compared to.
func TestUseNonsense(t *testing.T) {
	good := func() device.Speeds {
		s := device.Speeds{}
		for i, k := range everyKernel(true) {
			s[k] = 1e12 + 1e9*float64(i)
		}
		return s
	}
	for _, c := range []struct {
		name  string
		spoil func(device.Speeds)
		all   bool
		lists int
		flash int
	}{
		{"all", func(device.Speeds) {}, true, 4, 2},
		{"none", func(s device.Speeds) { clear(s) }, false, 0, 0},
		{"another", func(s device.Speeds) { s["matmul_bf16_1x1"] = 1e30 }, true, 4, 2},
		{"zero", func(s device.Speeds) { s["matmul_bf16_64x64"] = 0 }, false, 3, 2},
		{"negative", func(s device.Speeds) { s["conv3d_bf16_64x64"] = -1 }, false, 3, 2},
		{"no number", func(s device.Speeds) { s["wide_bf16_64x128"] = math.NaN() }, false, 3, 2},
		{"endless", func(s device.Speeds) { s["wide_conv_bf16_128x128"] = math.Inf(1) }, false, 3, 2},
		{"missing", func(s device.Speeds) { delete(s, "attention_bf16_128x2") }, false, 4, 1},
		{"beyond all bounds", func(s device.Speeds) { s["matmul_bf16_64x64"], s["attention_bf16_64"] = 1e308, 1e-308 }, true, 4, 2},
	} {
		d := &Device{wide: true}
		d.info.Processors = 132
		was := &Device{wide: true, info: d.info}
		s := good()
		c.spoil(s)
		if all := d.Use(s); all != c.all || len(d.measured) != c.lists || len(d.lasts) != c.flash {
			t.Errorf("%s: all %v, %d lists, %d sizes of heads", c.name, all, len(d.measured), len(d.lasts))
		}
		sameParts(t, d, was)
		d.Use(nil)
		if g, _ := d.tile("matmul", 300, 3072, 3072, true); g != first(was.tile("matmul", 300, 3072, 3072, true)) {
			t.Errorf("%s: speeds are still used", c.name)
		}
	}
	d := &Device{}
	s := good()
	maps.DeleteFunc(s, func(k string, _ float64) bool { return strings.HasPrefix(k, "wide") })
	if !d.Use(s) {
		t.Error("what another GPU has is missed")
	}
}

func first(g gemmTile, _ int) gemmTile { return g }

// The races run, on an emulated GPU, with a clock that jumps.
func TestRacesRun(t *testing.T) {
	for _, wide := range []bool{false, true} {
		t.Run(fmt.Sprint("wide ", wide), func(t *testing.T) {
			d := onHopper(t, Options{})
			d.wide, d.info.Processors = wide, 1
			var clock time.Time
			d.now = func() time.Time { clock = clock.Add(10 * time.Millisecond); return clock }
			free, _ := d.Memory()
			speeds, err := d.measure(32, 1)
			if err != nil {
				t.Fatal(err)
			}
			if got := slices.Sorted(maps.Keys(speeds)); !slices.Equal(got, everyKernel(wide)) {
				t.Errorf("measured were %v", got)
			}
			if now, _ := d.Memory(); now != free {
				t.Errorf("%d bytes are not free again", free-now)
			}
		})
	}
}

// Tiles that stand in for each other make the same to the bit, with the same parts of K;
// or what is measured would change clips.
func TestTilesMakeTheSameBits(t *testing.T) {
	numbers := numbering()
	stored := func(dtype tensor.DType, shape ...int) weights.Entry {
		n := tensor.Shape(shape).Len()
		b := make([]byte, dtype.Size(n))
		if err := quant.Narrow(b, dtype, numbers(n, 1/math.Sqrt(float64(n/shape[0])))); err != nil {
			t.Fatal(err)
		}
		return weights.Entry{DType: dtype, Shape: shape, Data: b}
	}
	product := func(dtype tensor.DType, m, n, k int) proof {
		return proof{
			src: weights.Map{"w": stored(dtype, n, k), "b": {DType: tensor.F32, Shape: tensor.Shape{n}, Data: tensor.Bytes(numbers(n, 1))}},
			in:  map[string][]float32{"x": numbers(m*k, 1), "h": numbers(m*n, 1), "table": numbers(6*n, 1)},
			draw: func(s *graph.Scope) *graph.Node {
				y := s.Input("x", tensor.F32, m, k).Linear(s.Weight("w", n, k), s.Weight("b", n), graph.GELU)
				return s.Input("h", tensor.F32, m, n).Gate(y, s.Input("table", tensor.F32, 1, 6, n), 2)
			},
		}
	}
	conv := func(dtype tensor.DType, frames, h, w, ch, n int) proof {
		return proof{
			src: weights.Map{"w": stored(dtype, n, ch, 3, 3, 3)},
			in:  map[string][]float32{"x": numbers(frames*h*w*ch, 1), "cache": numbers(2*h*w*ch, 1)},
			draw: func(s *graph.Scope) *graph.Node {
				return s.Input("x", tensor.F32, frames, h, w, ch).Conv3D(s.Weight("w", n, ch, 3, 3, 3), nil,
					s.Input("cache", tensor.F32, 2, h, w, ch), graph.Conv3DAttr{Cached: true, Pad: [4]int{1, 1, 1, 1}})
			},
		}
	}
	for kind, list := range lists {
		for _, dtype := range []tensor.DType{tensor.BF16, tensor.F16} {
			proofs, parts := []proof{conv(dtype, 2, 9, 17, 24, 131), conv(dtype, 1, 16, 32, 72, 260)}, []int{1}
			if !strings.Contains(kind, "conv") {
				proofs, parts = []proof{product(dtype, 150, 260, 424), product(dtype, 67, 131, 200)}, []int{1, 2, 3, 4}
			}
			t.Run(fmt.Sprint(kind, " of ", dtype), func(t *testing.T) {
				d := onHopper(t, Options{})
				d.wide = wideLists[kind]
				for i, p := range proofs {
					var of [5][]float32
					for _, d.forceParts = range parts {
						for _, g := range list {
							d.force = g.name
							what, kernel := fmt.Sprintf("%d by %s in %d", i, g.name, d.forceParts), kind+"_"+dtype.String()+"_"+g.name
							if err := sameBits(t, d, p, what, kernel, &of[d.forceParts]); err != nil {
								t.Error(err)
							}
						}
					}
					if len(parts) > 1 && slices.Equal(of[1], of[3]) {
						t.Errorf("%d: parts make no difference, so that the test could not fail", i)
					}
				}
			})
		}
	}
}

// The same holds of attention, also where blocks of 128 go over keys that some of their
// queries do not see.
func TestAttentionMakesTheSameBits(t *testing.T) {
	numbers := numbering()
	d := onHopper(t, Options{Precision: Fast})
	for _, size := range []int{40, 64, 128} {
		for name, c := range map[string]struct {
			queries, keys int
			bias          bool
			attr          graph.AttentionAttr
		}{
			"all":       {200, 333, false, graph.AttentionAttr{Window: -1}},
			"bias":      {131, 131, true, graph.AttentionAttr{Window: -1}},
			"in frames": {3 * 77, 3 * 77, false, graph.AttentionAttr{Window: -1, Span: graph.InFrame, Frames: 3}},
			"at pixels": {2 * 70, 2 * 70, false, graph.AttentionAttr{Window: -1, Span: graph.AtPixel, Frames: 70}},
			"window":    {4 * 50, 4 * 50, false, graph.AttentionAttr{Window: 1, Frames: 4}},
		} {
			heads := 2
			width, attr := heads*size, c.attr
			attr.Heads, attr.Scale = heads, float32(1/math.Sqrt(float64(size)))
			p := proof{
				in: map[string][]float32{"q": numbers(c.queries*width, 2), "k": numbers(c.keys*width, 2), "v": numbers(c.keys*width, 1)},
				draw: func(s *graph.Scope) *graph.Node {
					var bias *graph.Node
					if c.bias {
						bias = s.Input("bias", tensor.F32, heads, c.queries, c.keys)
					}
					return s.Input("q", tensor.F32, c.queries, width).Attend(s.Input("k", tensor.F32, c.keys, width), s.Input("v", tensor.F32, c.keys, width), bias, attr)
				},
			}
			if c.bias {
				p.in["bias"] = numbers(heads*c.queries*c.keys, 1)
			}
			var want []float32
			t.Run(fmt.Sprint(name, " of ", size), func(t *testing.T) {
				kernels := flashKernels(padded(size))
				d.wide, d.force = false, "small"
				if err := sameBits(t, d, p, "small", kernels[0], &want); err != nil {
					t.Fatal(err)
				}
				d.force = "large"
				if err := sameBits(t, d, p, "large", kernels[1], &want); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// sameBits computes a proof by a kernel and compares with what the first made.
func sameBits(t *testing.T, d *Device, p proof, what, kernel string, want *[]float32) error {
	t.Helper()
	prog, err := d.put(p)
	if err != nil {
		t.Fatal(err)
	}
	defer prog.Close()
	if n := d.Launches(prog); n[kernel] == 0 {
		t.Fatalf("%s: %v", what, n)
	}
	if err := prog.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := make([]float32, prog.Out(0).Shape().Len())
	if err := prog.Out(0).Read(tensor.Bytes(got)); err != nil {
		t.Fatal(err)
	}
	if *want == nil {
		*want = got
	}
	for i, v := range *want {
		if math.Float32bits(got[i]) != math.Float32bits(v) || v != v {
			return fmt.Errorf("%s: [%d] of %d is %g, and %g by the first", what, i, len(got), got[i], v)
		}
	}
	return nil
}
