// Package cuda runs plans on an NVIDIA GPU, with the kernels of folder kernels.
// Loading a plan works out every launch; running it is sending them, and from the
// third run on replaying what was recorded. It knows operations, not models, and
// the driver only by package driver's interface.
package cuda

import (
	"errors"
	"fmt"
	"time"

	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/cuda/driver"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
)

// A Precision says what attention computes with. Products with weights compute in
// the weights' own type: 16 bits on tensor cores, else float32.
type Precision uint8

// The precisions: as the weights of the program are, float32 throughout (weights
// of 16 bits are then widened), or bf16.
const (
	Auto Precision = iota
	Exact
	Fast
)

// SmallModel is the Small of the program: far above the built-in model, and below
// what any part of TI2V-5B computes in a step.
const SmallModel = 32 << 20

// Options choose how the device works.
type Options struct {
	Index     int // of the GPU
	Precision Precision
	// Small is how many numbers the weights of a plan's products may have for Auto to
	// compute it as Exact does: where float32 costs little, clips are the CPU's.
	Small int64
	// Budget bounds the bytes of weights held at once; the others are streamed
	// from the host's memory. 0 leaves it to the plan.
	Budget int64
	// Pinnable is how much of the host's memory streamed weights may hold for themselves,
	// asked when a program is loaded; what is more passes through two halves, and is copied
	// there every time. nil: 12 GB.
	Pinnable func() int64
	// Least is how many bytes must be free, or the GPU is refused.
	Least int64
	// Wide keeps every value between operations in float32; tests compare.
	Wide bool
	// Plain sends every run launch by launch, and records none.
	Plain bool
	// Mma computes with mma.sync on every GPU, and leaves the kernels for compute
	// capability 9.0 alone.
	Mma bool
	// Vet says whether those kernels may be used on this GPU, or why not, before they
	// are. Where it is nil, Prove does.
	Vet Vetter
}

// A Vetter decides about a GPU that is open.
type Vetter interface{ Vet(*Device) error }

// builders is the whole device: what launches an operation is.
var builders = [graph.NumOps]func(*call) error{
	graph.Copy:         copyOp,
	graph.Add:          add,
	graph.Mul:          mul,
	graph.Act:          act,
	graph.MatMul:       matmul,
	graph.Norm:         norm,
	graph.Modulate:     modulate,
	graph.Gate:         gate,
	graph.RoPE:         rope,
	graph.Attention:    attention,
	graph.Conv3D:       conv3d,
	graph.Keep:         keep,
	graph.Permute:      permute,
	graph.DupUp:        dupUp,
	graph.AvgDown:      avgDown,
	graph.Gather:       gather,
	graph.Concat:       concat,
	graph.Sinusoid:     sinusoid,
	graph.Mix:          mix,
	graph.NormModulate: normModulate,
	graph.AddDupUp:     addDupUp,
}

// Open returns the GPU as a device. What is missing it says in one sentence; the
// error is then an inference.ErrNoDevice.
func Open(o Options) (device.Device, error) {
	return New(driver.Open, o)
}

// New is Open with another driver.
func New(opener func(int) (driver.Driver, error), o Options) (device.Device, error) {
	d := &Device{opt: o, thread: newThread(), now: time.Now}
	err := d.thread.do(func() (err error) {
		if d.drv, err = opener(o.Index); err != nil {
			return err
		}
		if d.info = d.drv.Info(); d.info.Major < 8 {
			return fmt.Errorf("%s has compute capability %d.%d, and 8.0 is needed: a GeForce RTX 30 or later", d.info.Name, d.info.Major, d.info.Minor)
		}
		free, total, err := d.drv.Memory()
		if err != nil {
			return err
		}
		if free < o.Least {
			return fmt.Errorf("%s has %.1f of %.1f GB free, and %.1f are needed", d.info.Name, float64(free)/gb, float64(total)/gb, float64(o.Least)/gb)
		}
		if d.stop, err = d.drv.Alloc(256); err != nil {
			return err
		}
		return errors.Join(d.drv.Zero(driver.Control, d.stop, 256), d.drv.Sync(driver.Control))
	})
	if err == nil {
		err = d.settle()
	}
	if err != nil {
		if d.drv != nil {
			err = errors.Join(err, d.thread.do(d.drv.Close))
		}
		d.thread.close()
		return nil, fmt.Errorf("%w: %w", inference.ErrNoDevice, err)
	}
	return d, nil
}

// A Device is one GPU.
type Device struct {
	opt    Options
	drv    driver.Driver
	info   driver.Info
	thread *thread
	stop   driver.Ptr // the word every kernel looks at: not 0 ends the job; and why
	set    bool       // it was set
	wide   bool       // kernels for compute capability 9.0 are used
	unfit  error      // why they are not, where they could be
	broken error      // what ended the context
	now    func() time.Time
	// kernels are being tried
	proving bool
	// what was measured: lists with their speeds, and as long as how many blocks of 64
	// queries one of 128 lasts, by the numbers of a head
	measured map[string][]gemmTile
	lasts    map[int]float64
	// tests and measurements choose tiles, tests whether packed weights are widened
	// "first" or "inside"
	force      string
	forceParts int
	widening   string
}

// stopWords is how many bytes of Device.stop kernels are given: the word that ends them,
// and one that says that a kernel ended them, since it had waited in vain.
const stopWords = 8

// Name implements device.Device.
func (d *Device) Name() string { return "cuda: " + d.info.Name }

// Broken returns what ended the GPU's context, or nil. A device that is broken
// does nothing any more: close it and open another.
func (d *Device) Broken() error { return d.broken }

// Memory implements device.Device.
func (d *Device) Memory() (free, total int64) {
	_ = d.do(func() (err error) {
		free, total, err = d.drv.Memory()
		return err
	})
	return free, total
}

// Options implements device.Device.
func (d *Device) Options() plan.Options {
	o := plan.Options{Can: func(n *graph.Node) bool { return builders[n.Op] != nil }, Budget: -1, Narrow: d.narrow}
	if d.opt.Budget > 0 {
		o.Budget = d.opt.Budget
	}
	return o
}

// Alloc implements device.Device.
func (d *Device) Alloc(t tensor.DType, s tensor.Shape) (device.Buffer, error) {
	n := t.Size(s.Len())
	b := &buffer{dev: d, dtype: t, shape: s, size: n, own: true}
	return b, d.do(func() (err error) {
		if err := d.admit(n, "a buffer"); err != nil {
			return err
		}
		b.at, err = d.zeroed(n)
		return err
	})
}

// Close implements device.Device. It frees the memory of everything loaded.
func (d *Device) Close() error {
	err := d.thread.do(d.drv.Close)
	d.thread.close()
	return err
}

// do runs f on the driver's thread, unless the context is lost, and notes when it
// is.
func (d *Device) do(f func() error) error {
	return d.thread.do(func() error {
		if d.broken != nil {
			return fmt.Errorf("the GPU has stopped and must be opened again: %w", d.broken)
		}
		err := f()
		var e *driver.Error
		if errors.As(err, &e) {
			if e.Sticky() {
				d.broken = err
				return fmt.Errorf("the GPU has stopped: %w", err)
			}
			if e.Code == driver.OutOfMemory {
				return fmt.Errorf("%w on %s: %w", inference.ErrNoMemory, d.info.Name, err)
			}
		}
		return err
	})
}

const gb = 1 << 30

// reserve is left free: the driver takes some for itself as it works.
const reserve = 128 << 20

// admit reports whether n bytes can be had, in numbers if not.
func (d *Device) admit(n int64, what string) error {
	free, total, err := d.drv.Memory()
	if err != nil {
		return err
	}
	if n+reserve > free && n > 1<<20 {
		return fmt.Errorf("%w on %s: %s needs %.2f GB, and %.2f of %.2f GB are free; choose a smaller size or fewer frames, or close what else uses the GPU",
			inference.ErrNoMemory, d.info.Name, what, float64(n)/gb, float64(max(0, free-reserve))/gb, float64(total)/gb)
	}
	return nil
}

// zeroed allocates n bytes of zeros.
func (d *Device) zeroed(n int64) (driver.Ptr, error) {
	p, err := d.drv.Alloc(max(n, 256))
	if err != nil {
		return 0, err
	}
	return p, d.drv.Zero(driver.Compute, p, max(n, 256))
}
