package cuda

import (
	"fmt"
	"math"

	"kinora/inference/device/cuda/driver"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
)

// A mem is memory as a kernel's argument; the zero mem is a null pointer.
type mem struct {
	at   driver.Ptr
	size int64
}

// A call is one operation being turned into launches.
type call struct {
	*layout
	n     *graph.Node
	slots []plan.Slot
	out   mem
	fused *fusion // what is done with the result before it is stored, or nil
}

func (c *call) shape(i int) tensor.Shape { return c.n.In[i].Shape }

// f returns input i as float32 numbers.
func (c *call) f(i int) (mem, error) { return c.value(c.n.In[i], c.slots[i]) }

func (l *layout) value(n *graph.Node, s plan.Slot) (mem, error) {
	if r, skip := root(n); r.Op == graph.Weight {
		return l.operand(operand{name: r.Name, skip: skip, shape: n.Shape, stored: r.DType,
			form: form{tensor.F32, n.Shape.Len(), n.Shape.Len(), 1}}, s)
	}
	if d, ok := l.half[n]; ok {
		return mem{}, fmt.Errorf("cuda: %v is stored as %v and read as float32", n.Op, d)
	}
	return l.at(n, s)
}

// raw returns input i, which is not a weight, as it is.
func (c *call) raw(i int) (mem, error) { return c.at(c.n.In[i], c.slots[i]) }

// matrix returns the weight that input i is, in rows of taps·width numbers, times the
// input scale, unless that is 0, and the type it is computed with.
func (c *call) matrix(i, width, taps, scale int) (mem, tensor.DType, error) {
	n := c.n.In[i]
	r, skip := root(n)
	if r.Op != graph.Weight {
		if taps > 1 {
			return mem{}, 0, fmt.Errorf("%v: the second input must be a weight", c.n.Op)
		}
		m, err := c.f(i)
		return m, tensor.F32, err
	}
	t := c.precision.computes(r.DType)
	f := form{t, width, width, taps}
	if t != tensor.F32 {
		f.padded = up8(width)
	}
	o := operand{name: r.Name, skip: skip, shape: n.Shape, stored: r.DType, form: f}
	if _, ok := packed[r.DType]; ok && taps == 1 {
		m, err := c.widened(o, i, scale)
		return m, t, err
	}
	if scale > 0 {
		return mem{}, 0, fmt.Errorf("a scale for a weight of %v", r.DType)
	}
	m, err := c.operand(o, c.slots[i])
	return m, t, err
}

// computes is the type that products with weights of a stored type are done in.
func (p Precision) computes(stored tensor.DType) tensor.DType {
	switch {
	case p == Exact || stored == tensor.F32 || stored == tensor.F64:
		return tensor.F32
	case stored == tensor.F16:
		return tensor.F16
	}
	return tensor.BF16
}

func up8(n int) int { return (n + 7) / 8 * 8 }

// kind is as what the result is stored, as kernels number it (include/number.cuh).
func (c *call) kind() int {
	return storedAs[c.half[c.n]]
}

// narrowed returns input i, rows of k numbers, in 16 bits: as it was stored, or made
// so in scratch.
func (c *call) narrowed(i, rows, k, padded int, t tensor.DType) (mem, error) {
	if c.half[c.n.In[i]] == t {
		m, err := c.at(c.n.In[i], c.slots[i])
		m.size = t.Size(rows * k)
		return m, err
	}
	x, err := c.f(i)
	if err != nil {
		return x, err
	}
	return c.narrow(x, rows, k, padded, t), nil
}

// narrow returns rows of k float32 numbers in 16 bits, padded to padded numbers,
// in scratch; what is there already is not made again.
func (c *call) narrow(from mem, rows, k, padded int, t tensor.DType) mem {
	key := narrowed{from: from, k: k, padded: padded, dtype: t}
	to, there := c.scratch.find(key, int64(rows)*int64(padded)*2)
	if there {
		return to
	}
	c.round(to, from, rows, k, padded, t)
	return to
}

// round makes rows of k float32 numbers rows of padded ones of 16 bits.
func (c *call) round(to, from mem, rows, k, padded int, t tensor.DType) {
	name := "narrow_bf16"
	if t == tensor.F16 {
		name = "narrow_f16"
	}
	c.launch("narrow", name, blocks(rows*padded/8, 256), 256, 0, to, from, rows, k, padded)
}

// touched is memory that a kernel reads without being given its address.
type touched mem

// launch adds a launch. Arguments are mem, whole numbers and float32; the words
// that stop kernels go in front.
func (c *call) launch(file, kernel string, blocks, threads, shared int, args ...any) {
	l := driver.Launch{File: file, Kernel: kernel, Blocks: blocks, Threads: threads, Shared: shared}
	for _, a := range append([]any{mem{c.dev.stop, stopWords}}, args...) {
		switch v := a.(type) {
		case touched:
			l.Touch = append(l.Touch, driver.Span{At: v.at, Size: v.size})
		case mem:
			l.Args = append(l.Args, uint64(v.at))
			if v.at != 0 {
				l.Touch = append(l.Touch, driver.Span{At: v.at, Size: v.size})
			}
		case int:
			l.Args = append(l.Args, uint64(v))
		case uint64:
			l.Args = append(l.Args, v)
		case float32:
			l.Args = append(l.Args, uint64(math.Float32bits(v)))
		case bool:
			l.Args = append(l.Args, map[bool]uint64{true: 1}[v])
		default:
			panic(fmt.Sprintf("cuda: argument of type %T", a))
		}
	}
	c.add(l)
}

// longest is how long one launch may take: the screen waits for it.
const longest = 0.033

// split cuts work of so many blocks and operations into launches that a GPU ends
// in time: f gets the first block and how many.
func (c *call) split(all int, flops float64, tensorCores bool, f func(first, count int)) {
	per := 128.0 // operations for each clock and processor, at half of what it can
	if tensorCores {
		per = 512
	}
	rate := per * float64(c.dev.info.Processors) * float64(c.dev.info.Clock) * 1000
	n := all
	if rate > 0 && flops/rate > longest {
		n = max(1, int(float64(all)*longest*rate/flops))
	}
	for first := 0; first < all; first += n {
		f(first, min(n, all-first))
	}
}

func blocks(n, per int) int { return (n + per - 1) / per }

// countable refuses what kernels count in 32 bits and could not.
func countable(n int) error {
	if n >= 1<<32 {
		return fmt.Errorf("%d numbers in one value are more than the kernels can count", n)
	}
	return nil
}
