package cuda

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/cuda/driver"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// stack draws n blocks of a product and an activation.
func stack(n int) (weights.Map, func(s *graph.Scope) []*graph.Node) {
	src := weights.Map{}
	for i := range n {
		src[fmt.Sprintf("blocks.%d.w", i)] = weights.Entry{DType: tensor.BF16, Shape: tensor.Shape{64, 64}, Data: make([]byte, 2*64*64)}
	}
	return src, func(s *graph.Scope) []*graph.Node {
		x := s.Input("x", tensor.F32, 3, 64)
		for i := range n {
			x = x.Linear(s.Weight(fmt.Sprintf("blocks.%d.w", i), 64, 64), nil, graph.NoAct).SiLU()
		}
		return []*graph.Node{x}
	}
}

func loaded(t *testing.T, d device.Device, src weights.Map, draw func(s *graph.Scope) []*graph.Node) device.Program {
	t.Helper()
	p, err := d.Load(compiled(t, d, src, draw), src, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func compiled(t *testing.T, d device.Device, src weights.Map, draw func(s *graph.Scope) []*graph.Node) *plan.Plan {
	t.Helper()
	g, err := graph.Build(src.Info, draw)
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Compile(g, d.Options())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// The first run is plain, the second is recorded, the third replayed.
func TestRecording(t *testing.T) {
	f := newFake()
	d := faked(t, f, Options{})
	src, draw := stack(1)
	p := loaded(t, d, src, draw)
	launches := []string{"launch narrow_bf16 on 0", "launch matmul_bf16_64x64 on 0", "launch act on 0"}
	for _, want := range [][]string{
		append(slices.Clone(launches), "mark 1 on 0"),
		append(append([]string{"begin"}, launches...), "end", "replay 1 on 0", "mark 1 on 0"),
		{"replay 1 on 0", "mark 1 on 0"},
		{"replay 1 on 0", "mark 1 on 0"},
	} {
		f.take()
		if err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		same(t, f.take(), want...)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if f.graphs != 0 || len(f.held) != 1 {
		t.Errorf("after closing: %d graphs, %d pieces of memory beside the device's own", f.graphs, len(f.held)-1)
	}
}

// Who does not want recording gets none.
func TestPlain(t *testing.T) {
	f := newFake()
	d := faked(t, f, Options{Plain: true})
	src, draw := stack(1)
	p := loaded(t, d, src, draw)
	for range 3 {
		if err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if f.launches != 9 || f.calls["begin"] != 0 {
		t.Errorf("%d launches in three runs, %d tries to record", f.launches, f.calls["begin"])
	}
}

// A driver that cannot record still runs.
func TestNoRecording(t *testing.T) {
	f := newFake()
	d := faked(t, f, Options{})
	src, draw := stack(1)
	p := loaded(t, d, src, draw)
	f.fail["begin"] = errors.New("not supported")
	for range 3 {
		if err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if f.launches != 9 || f.calls["begin"] != 1 {
		t.Errorf("%d launches in three runs, %d tries to record", f.launches, f.calls["begin"])
	}
}

// Weights over budget are copied one block ahead, each into the half that its
// last reader but one has left.
func TestStreaming(t *testing.T) {
	f := newFake()
	d := faked(t, f, Options{Budget: 2 * 2 * 64 * 64})
	src, draw := stack(4)
	p := loaded(t, d, src, draw)
	if f.pinned != 4 {
		t.Errorf("%d uploads are pinned, want 4", f.pinned)
	}
	block := []string{"launch narrow_bf16 on 0", "launch matmul_bf16_64x64 on 0", "launch act on 0"}
	f.take()
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	// events 1 … 4 are the blocks' ends, 5 … 8 the uploads' arrivals
	want := []string{"upload 8192 on 1", "mark 5 on 1"}
	for i := range 4 {
		want = append(want, fmt.Sprintf("wait for %d on 0", 5+i))
		want = append(append(want, block...), fmt.Sprintf("mark %d on 0", 1+i))
		if i < 3 {
			if i >= 1 {
				want = append(want, fmt.Sprintf("wait for %d on 1", i))
			}
			want = append(want, "upload 8192 on 1", fmt.Sprintf("mark %d on 1", 6+i))
		}
	}
	same(t, f.take(), want...)
	if err := p.Close(); err != nil || f.pinned != 0 {
		t.Error(err, f.pinned)
	}
}

// Cancelling sets the word that kernels look at, on the stream that interrupts;
// the next run clears it.
func TestCancel(t *testing.T) {
	f := newFake()
	d := faked(t, f, Options{})
	src, draw := stack(200)
	p := loaded(t, d, src, draw)
	ctx, cancel := context.WithCancel(t.Context())
	f.onLaunch = func(n int) {
		if n == 5 {
			cancel()
		}
	}
	f.take()
	if err := p.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	log := f.take()
	if n := len(log); n < 1 || log[n-1] != "upload 4 on 2" {
		t.Errorf("the run ended with %v", log[max(0, n-3):])
	}
	if f.launches > 2*group {
		t.Errorf("%d launches were sent after the fifth cancelled", f.launches)
	}
	// while the GPU is busy
	ctx, cancel = context.WithCancel(t.Context())
	f.onLaunch, f.busy = nil, 5
	f.take()
	cancelled := 0
	f.onLaunch = func(n int) {
		if cancelled++; cancelled == 600 {
			cancel()
		}
	}
	err := p.Run(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if log := f.take(); !slices.Contains(log, "zero 4 on 2") || log[0] != "zero 4 on 2" {
		t.Errorf("the word was not cleared first: %v", log[:2])
	}
	f.onLaunch, f.busy = nil, 0
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Too little memory is said before anything is allocated, with the numbers.
func TestAdmission(t *testing.T) {
	f := newFake()
	f.free = 200 << 20
	d := faked(t, f, Options{})
	src := weights.Map{"w": {DType: tensor.F32, Shape: tensor.Shape{4096, 8192}, Data: make([]byte, 4*4096*8192)}}
	p := compiled(t, d, src, func(s *graph.Scope) []*graph.Node {
		return []*graph.Node{s.Input("x", tensor.F32, 8, 8192).Linear(s.Weight("w", 4096, 8192), nil, graph.NoAct)}
	})
	_, err := d.Load(p, src, nil)
	if !errors.Is(err, inference.ErrNoMemory) || !strings.Contains(err.Error(), "0.13 GB, and 0.07 of 0.20 GB are free") {
		t.Errorf("%v", err)
	}
	if len(f.held) != 1 {
		t.Errorf("%d pieces of memory are held", len(f.held)-1)
	}
	if n, err := d.Need(p); err != nil || n < 4*4096*8192 {
		t.Error(n, err)
	}
}

// An allocation that fails leaves nothing behind, wherever it happens.
func TestAllocationFails(t *testing.T) {
	src, draw := stack(4)
	for at := 0; ; at++ {
		f := newFake()
		d := faked(t, f, Options{Budget: 2 * 2 * 64 * 64})
		p := compiled(t, d, src, draw)
		d.drv = &failing{fake: f, left: at}
		prog, err := d.Load(p, src, nil)
		if err == nil {
			if at < 4 {
				t.Errorf("only %d allocations", at)
			}
			if err := prog.Close(); err != nil {
				t.Error(err)
			}
			return
		}
		if !errors.Is(err, inference.ErrNoMemory) {
			t.Errorf("allocation %d: %v", at, err)
		}
		if len(f.held) != 1 || f.pinned != 0 {
			t.Errorf("allocation %d: %d pieces of memory and %d pinned are left", at, len(f.held)-1, f.pinned)
		}
	}
}

type failing struct {
	*fake
	left int
}

func (f *failing) Alloc(n int64) (driver.Ptr, error) {
	if f.left--; f.left < 0 {
		return 0, &driver.Error{Call: "allocate", Name: "OutOfMemory", Code: driver.OutOfMemory}
	}
	return f.fake.Alloc(n)
}

func (f *failing) Pin(n int64) ([]byte, error) {
	if f.left--; f.left < 0 {
		return nil, &driver.Error{Call: "pin", Name: "OutOfMemory", Code: driver.OutOfMemory}
	}
	return f.fake.Pin(n)
}

// scarce is a system that pins no more than so many bytes at a time.
type scarce struct {
	*fake
	most, now int64
}

func (s *scarce) Pin(n int64) ([]byte, error) {
	if s.now+n > s.most {
		return nil, &driver.Error{Call: "pin", Name: "OutOfMemory", Code: driver.OutOfMemory}
	}
	s.now += n
	return s.fake.Pin(n)
}

func (s *scarce) Unpin(b []byte) error {
	s.now -= int64(len(b))
	return s.fake.Unpin(b)
}

// Where the system does not pin all that is streamed, two halves do, which are filled anew
// in every run; where it does not even pin those, that is an error and nothing is left.
func TestPinsWhatItCan(t *testing.T) {
	const upload = 2 * 64 * 64
	for _, c := range []struct {
		most, may int64
		pinned    int
	}{{4 * upload, 4 * upload, 4}, {4 * upload, 3 * upload, 2}, {3 * upload, 4 * upload, 2}, {2 * upload, 4 * upload, 2}, {upload, 4 * upload, 0}} {
		f := newFake()
		d := faked(t, f, Options{Budget: 2 * upload, Pinnable: func() int64 { return c.may }})
		src, draw := stack(4)
		p := compiled(t, d, src, draw)
		d.drv = &scarce{fake: f, most: c.most}
		prog, err := d.Load(p, src, nil)
		if (err == nil) != (c.pinned > 0) || f.pinned != c.pinned || err != nil && !errors.Is(err, inference.ErrNoMemory) {
			t.Errorf("of %d bytes %d uploads are pinned: %v", c.most, f.pinned, err)
		}
		if err != nil {
			continue
		}
		for range 3 {
			if err := prog.Run(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if err := prog.Close(); err != nil || f.pinned != 0 {
			t.Error(err, f.pinned)
		}
	}
}

// A lost context ends everything on the device with its reason.
func TestLost(t *testing.T) {
	f := newFake()
	d := faked(t, f, Options{})
	src, draw := stack(1)
	p := loaded(t, d, src, draw)
	f.fail["done"] = &driver.Error{Call: "run", Name: "IllegalAddress", Code: 700}
	if err := p.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "the GPU has stopped: run: IllegalAddress") {
		t.Error(err)
	}
	delete(f.fail, "done")
	if err := p.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "must be opened again") {
		t.Error(err)
	}
	if d.Broken() == nil {
		t.Error("not broken")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// Machines that cannot are refused in a sentence, and nothing is kept.
func TestOpen(t *testing.T) {
	old, full, sick := newFake(), newFake(), newFake()
	old.info.Major, old.info.Minor = 7, 5
	full.free = 1 << 30
	sick.fail["alloc"] = &driver.Error{Call: "allocate", Name: "OutOfMemory", Code: driver.OutOfMemory}
	for want, f := range map[string]*fake{
		"Fake GPU has compute capability 7.5, and 8.0 is needed": old,
		"Fake GPU has 1.0 of 1.0 GB free, and 2.0 are needed":    full,
		"allocate: OutOfMemory":                                  sick,
	} {
		_, err := New(func(int) (driver.Driver, error) { return f, nil }, Options{Least: 2 << 30})
		if !errors.Is(err, inference.ErrNoDevice) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %s", err, want)
		}
		if f.calls["close"] != 1 {
			t.Errorf("%s: the driver was not closed", want)
		}
	}
	_, err := New(func(int) (driver.Driver, error) { return nil, errors.New("no NVIDIA driver is installed") }, Options{})
	if !errors.Is(err, inference.ErrNoDevice) || !strings.Contains(err.Error(), "no NVIDIA driver is installed") {
		t.Error(err)
	}
	if d, err := New(func(int) (driver.Driver, error) { return newFake(), nil }, Options{Least: 2 << 30}); err != nil || d.Name() != "cuda: Fake GPU" {
		t.Error(err)
	}
}

// States are shared by programs of one source, and so is what was made of weights.
func TestSharing(t *testing.T) {
	f := newFake()
	d := faked(t, f, Options{})
	src, _ := stack(1)
	draw := func(s *graph.Scope) []*graph.Node {
		x := s.Input("x", tensor.F32, 2, 64)
		state := s.State("cache", 2, 64)
		out := state.Add(x.Linear(s.Weight("blocks.0.w", 64, 64), nil, graph.NoAct))
		x.Keep(state, false)
		return []*graph.Node{out}
	}
	a := loaded(t, d, src, draw)
	before := len(f.held)
	b, err := d.Load(compiled(t, d, src, draw), src, a)
	if err != nil {
		t.Fatal(err)
	}
	pa, pb := a.(*program), b.(*program)
	if pa.lay.states["cache"] != pb.lay.states["cache"] || len(pa.shared.operands) != 1 || pa.shared != pb.shared {
		t.Error("not shared")
	}
	if got := len(f.held) - before; got > before-1-2 {
		t.Errorf("the second program holds %d more pieces of memory", got)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil || len(f.held) != 1 {
		t.Error(err, len(f.held))
	}
}

// What does not fit whole is planned to be streamed, and then fits.
func TestCompileStreams(t *testing.T) {
	src, data := weights.Map{}, make([]byte, 2*4096*4096)
	for i := range 8 {
		src[fmt.Sprintf("blocks.%d.w", i)] = weights.Entry{DType: tensor.BF16, Shape: tensor.Shape{4096, 4096}, Data: data}
	}
	g, err := graph.Build(src.Info, func(s *graph.Scope) []*graph.Node {
		x := s.Input("x", tensor.F32, 3, 4096)
		for i := range 8 {
			x = x.Linear(s.Weight(fmt.Sprintf("blocks.%d.w", i), 4096, 4096), nil, graph.NoAct)
		}
		return []*graph.Node{x}
	})
	if err != nil {
		t.Fatal(err)
	}
	// 256 MB of weights; of 144 MB that may be used, two blocks stay and two are staging
	for free, uploads := range map[int64]int{1 << 30: 0, 400 << 20: 6} {
		f := newFake()
		f.free = free
		d := faked(t, f, Options{})
		p, err := device.Compile(d, g)
		if err != nil {
			t.Fatal(err)
		}
		prog, err := d.Load(p, src, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(prog.(*program).lay.uploads); n != uploads {
			t.Errorf("%d MB free: %d uploads, want %d", free>>20, n, uploads)
		}
	}
}
