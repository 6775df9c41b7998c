// Package cpu is the reference device and the one every machine has. It runs the
// same plans as the others, in the same arena, so that a fault of a plan shows
// without a GPU. It knows operations, not models.
package cpu

import (
	"fmt"
	"runtime"

	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/cpu/simd"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
)

// kernels is the whole device: an operation without an entry is a test failure.
// Composite operations with an entry run whole.
var kernels = [graph.NumOps]func(*call){
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

// Options choose how the device works.
type Options struct {
	Threads int // 0: all cores
	// Budget bounds the bytes of weights that are held at once; negative or 0
	// leaves them where the checkpoint has them.
	Budget int64
	// Whole lists composite operations not to run whole; tests use it.
	Apart bool
	// BF16 rounds what products and convolutions multiply to bfloat16, where BF16 says
	// that the processor multiplies such numbers; sums stay in float32.
	BF16 bool
	// Round says to what the operands of a plan's products are rounded first; nil: to
	// nothing less than float32. Tests learn from it what another device's arithmetic
	// makes of a model.
	Round func(*plan.Plan) func(*graph.Node) tensor.DType
}

// New returns the CPU as a device.
func New(o Options) device.Device {
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if l, ok := simd.BF16(); ok && o.BF16 {
		return bf16{&cpu{pool: simd.NewPoolAt(o.Threads, l), opt: o}}
	}
	return &cpu{pool: simd.NewPool(o.Threads), opt: o}
}

// BF16 reports whether this machine has instructions for Options.BF16, which doubles
// the speed of products.
func BF16() bool {
	_, ok := simd.BF16()
	return ok
}

type cpu struct {
	pool   *simd.Pool
	opt    Options
	ledger ledger
}

// bf16 is a cpu that has Options.BF16.
type bf16 struct{ *cpu }

// RoundingOf says what a plan's products round their operands to; package devicetest
// asks. Products of few rows do not.
func (bf16) RoundingOf(*plan.Plan) func(*graph.Node) tensor.DType {
	return func(n *graph.Node) tensor.DType {
		if n.Op == graph.MatMul || n.Op == graph.Conv3D {
			return tensor.BF16
		}
		return tensor.F32
	}
}

func (c *cpu) Name() string { return "cpu" }

func (c *cpu) Memory() (free, total int64) { return memory() }

// Free returns how much of the computer's memory can be taken without swapping.
func Free() int64 {
	free, _ := memory()
	return free
}

func (c *cpu) Options() plan.Options {
	can := func(n *graph.Node) bool { return kernels[n.Op] != nil && !c.opt.Apart }
	return plan.Options{Can: can, Map: c.opt.Budget <= 0, Budget: c.opt.Budget}
}

func (c *cpu) Alloc(d tensor.DType, s tensor.Shape) (device.Buffer, error) {
	b, err := c.allocate(d.Size(s.Len()))
	return &buffer{dtype: d, shape: s, b: b, of: &c.ledger}, err
}

func (c *cpu) Close() error {
	c.pool.Close()
	return nil
}

// allocate returns zeroed memory that begins on a cache line.
func (c *cpu) allocate(n int64) (b []byte, err error) {
	if free, _ := memory(); n > 1<<20 && n > free {
		return nil, fmt.Errorf("%w: %d MB wanted, %d MB free", inference.ErrNoMemory, n>>20, free>>20)
	}
	if b, err = simd.Alloc(int(n)); err != nil {
		return nil, fmt.Errorf("%w: %w", inference.ErrNoMemory, err)
	}
	c.ledger.take(n)
	return b, nil
}

// unknownMemory stands for a system that does not tell: large, so that nothing is
// refused on a guess.
const unknownMemory = 1 << 46
