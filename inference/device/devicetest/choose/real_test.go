package choose

import (
	"errors"
	"os"
	"testing"

	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/cuda"
	"kinora/inference/device/cuda/driver"
	"kinora/inference/device/cuda/emulated"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// opener is the driver that the variable names; there is none for the CPU.
func opener(t *testing.T) func(int) (driver.Driver, error) {
	t.Helper()
	switch os.Getenv("KINORA_TEST_DEVICE") {
	case "emulated":
		return emulated.Open
	case "cuda":
		return driver.Open
	}
	t.Skip("KINORA_TEST_DEVICE names no device with a driver")
	return nil
}

// scarce is a driver that runs out of memory when so many allocations are made.
type scarce struct {
	driver.Driver
	left int
}

func (s *scarce) Alloc(n int64) (driver.Ptr, error) {
	if s.left--; s.left < 0 {
		return 0, &driver.Error{Call: "allocate", Name: "OutOfMemory", Code: driver.OutOfMemory}
	}
	return s.Driver.Alloc(n)
}

func (s *scarce) Pin(n int64) ([]byte, error) {
	if s.left--; s.left < 0 {
		return nil, &driver.Error{Call: "pin", Name: "OutOfMemory", Code: driver.OutOfMemory}
	}
	return s.Driver.Pin(n)
}

// blocks draws products whose weights are streamed, on a device that holds two.
func blocks(t *testing.T, d device.Device) (*plan.Plan, weights.Map) {
	t.Helper()
	src := weights.Map{}
	for _, n := range []string{"blocks.0.w", "blocks.1.w", "blocks.2.w", "blocks.3.w"} {
		src[n] = weights.Entry{DType: tensor.BF16, Shape: tensor.Shape{64, 64}, Data: make([]byte, 2*64*64)}
	}
	g, err := graph.Build(src.Info, func(s *graph.Scope) []*graph.Node {
		x := s.Input("x", tensor.F32, 3, 64)
		for _, n := range []string{"blocks.0.w", "blocks.1.w", "blocks.2.w", "blocks.3.w"} {
			x = x.Linear(s.Weight(n, 64, 64), nil, graph.NoAct).SiLU()
		}
		return []*graph.Node{x}
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Compile(g, d.Options())
	if err != nil {
		t.Fatal(err)
	}
	return p, src
}

// An allocation that fails, whichever it is, leaves a device that works, and no
// memory behind.
func TestAllocationFailsAnywhere(t *testing.T) {
	open := opener(t)
	var s *scarce
	d, err := cuda.New(func(i int) (driver.Driver, error) {
		real, err := open(i)
		s = &scarce{Driver: real, left: 1 << 20}
		return s, err
	}, cuda.Options{Budget: 2 * 2 * 64 * 64})
	if errors.Is(err, emulated.ErrNoCompiler) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	p, src := blocks(t, d)
	use := func() error {
		prog, err := d.Load(p, src, nil)
		if err != nil {
			return err
		}
		return errors.Join(prog.Run(t.Context()), prog.Run(t.Context()), prog.Close())
	}
	if err := use(); err != nil { // what the driver keeps for itself comes now
		t.Fatal(err)
	}
	for at := 0; at < 100; at++ {
		s.left = at
		err := use()
		s.left = 1 << 20
		if err == nil {
			t.Logf("%d places to fail", at)
			if at < 4 {
				t.Errorf("only %d allocations", at)
			}
			return
		}
		if !errors.Is(err, inference.ErrNoMemory) {
			t.Errorf("allocation %d: %v", at, err)
		}
		if err := use(); err != nil {
			t.Fatalf("after allocation %d failed: %v", at, err)
		}
	}
	t.Error("it never succeeds")
}

// More than there is is refused by the driver itself, and all goes on.
func TestTooMuchIsRefused(t *testing.T) {
	if os.Getenv("KINORA_TEST_DEVICE") != "cuda" {
		t.Skip("only a real driver refuses")
	}
	d := Device(t)
	_, total := d.Memory()
	_, err := d.Alloc(tensor.U8, tensor.Shape{int(2 * total)})
	if !errors.Is(err, inference.ErrNoMemory) {
		t.Errorf("twice the memory there is: %v", err)
	}
	if _, err := d.Alloc(tensor.U8, tensor.Shape{1 << 20}); err != nil {
		t.Error(err)
	}
}

// A kernel that writes where nothing is ends the context: it is told. The driver may
// then open the GPU again for the same program, which must compute, or refuse (580.159
// on an H200 does), which must be told as having no device. Left to the last, since
// other contexts of this process go with it.
func TestZContextIsMadeAnew(t *testing.T) {
	if os.Getenv("KINORA_TEST_DEVICE") != "cuda" || os.Getenv("KINORA_TEST_CRASH") == "" {
		t.Skip("only with KINORA_TEST_CRASH on a real GPU")
	}
	var raw driver.Driver
	d, err := cuda.New(func(i int) (_ driver.Driver, err error) {
		raw, err = driver.Open(i)
		return &wild{raw}, err
	}, cuda.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, src := blocks(t, d)
	prog, err := d.Load(p, src, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = prog.Run(t.Context())
	t.Log("told:", err)
	if err == nil || d.(*cuda.Device).Broken() == nil {
		t.Errorf("a wild write is not noticed: %v", err)
	}
	t.Log("closing:", d.Close())
	again, err := cuda.Open(cuda.Options{})
	if err != nil {
		if t.Log("refused:", err); !errors.Is(err, inference.ErrNoDevice) {
			t.Errorf("refused with another kind of error: %v", err)
		}
		return
	}
	defer again.Close()
	p, src = blocks(t, again)
	if prog, err = again.Load(p, src, nil); err == nil {
		err = errors.Join(prog.Run(t.Context()), prog.Close())
	}
	if err != nil {
		t.Errorf("opened again: %v", err)
	}
}

// wild sends one kernel's result nowhere.
type wild struct{ driver.Driver }

func (w *wild) Launch(s driver.Stream, l *driver.Launch) error {
	if l.Kernel != "act" {
		return w.Driver.Launch(s, l)
	}
	bad := *l
	bad.Args = append([]uint64{}, l.Args...)
	bad.Args[1] = 1 << 44
	return w.Driver.Launch(s, &bad)
}
