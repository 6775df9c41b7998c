package cuda

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"kinora/inference/device/cuda/driver"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/quant"
	"kinora/kernels"
)

// Kernels tells one set of kernels from another.
func Kernels() string { return kernels.Sources() }

// settle decides whether the kernels for compute capability 9.0 are used: where the GPU
// and its driver have what they need, nobody forbids it, and they are vetted.
func (d *Device) settle() error {
	if d.opt.Mma || d.opt.Precision == Exact || d.info.Major != 9 || d.info.Minor != 0 {
		return nil
	}
	err := d.do(func() error {
		_, err := d.drv.Encode(driver.Map{At: d.stop, Size: []int{64}, Box: []int{64}})
		return err
	})
	if err == nil {
		if d.opt.Vet == nil {
			err = d.Prove()
		} else {
			err = d.opt.Vet.Vet(d)
		}
	}
	d.wide, d.unfit = err == nil, err
	return d.broken
}

// Wide reports whether products and attention use the kernels for compute capability
// 9.0, and where they could but do not, why.
func (d *Device) Wide() (bool, error) { return d.wide, d.unfit }

// Prefer decides whether what is loaded from now on uses the kernels for compute
// capability 9.0, where that is possible; measurements compare the two.
func (d *Device) Prefer(wide bool) { d.wide = wide && d.info.Major == 9 && d.info.Minor == 0 }

// Prove runs every kernel for compute capability 9.0 beside one that computes the same
// with mma.sync, and returns an error where they differ by more than rounding, or where
// one waits in vain. One that faults takes the GPU's context with it, and one that hangs
// in a way that it does not notice keeps Prove from returning: who cannot afford that
// calls it in a process of its own.
func (d *Device) Prove() error {
	wide, force, parts, opt := d.wide, d.force, d.forceParts, d.opt
	defer func() { d.wide, d.force, d.forceParts, d.opt, d.proving = wide, force, parts, opt, false }()
	d.opt, d.proving = Options{Precision: Fast}, true
	for _, p := range d.proofs() {
		var outs [2][]float32
		for i := range outs {
			d.wide, d.force, d.forceParts = i == 1, "", 1
			if d.wide {
				d.force, d.forceParts = p.force, p.parts
			}
			var err error
			if outs[i], err = d.compute(p); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
		if err := agree(outs[1], outs[0], p.apart); err != nil {
			return fmt.Errorf("%s is not what mma.sync makes: %w", p.name, err)
		}
	}
	return nil
}

// A proof is something to compute with a kernel that is forced.
type proof struct {
	name, force string
	parts       int
	apart       float64 // how far results may be apart, in units of their mean size
	src         weights.Map
	in          map[string][]float32
	draw        func(s *graph.Scope) *graph.Node
}

// proofs are of odd sizes, and more tiles than the GPU has processors, so that blocks go
// from one to the next.
func (d *Device) proofs() (list []proof) {
	processors := max(1, d.info.Processors)
	numbers := numbering()
	for _, t := range []tensor.DType{tensor.BF16, tensor.F16} {
		for i, g := range wideTiles {
			m, k := 3*g.m-67, 64*(3+i)+8*(i+1)
			n, parts := blocks(9*processors, 4*3)*g.n-24+i%2, 1+i%2
			stored := make([]byte, t.Size(n*k))
			if err := quant.Narrow(stored, t, numbers(n*k, 1/math.Sqrt(float64(k)))); err != nil {
				continue // there are no such types
			}
			list = append(list, proof{
				name: fmt.Sprintf("a product of %v by tiles of %s", t, g.name), force: g.name, parts: parts, apart: 1e-4,
				src: weights.Map{"w": {DType: t, Shape: tensor.Shape{n, k}, Data: stored},
					"b": {DType: tensor.F32, Shape: tensor.Shape{n}, Data: tensor.Bytes(numbers(n, 1))}},
				in: map[string][]float32{"x": numbers(m*k, 1)},
				draw: func(s *graph.Scope) *graph.Node {
					return s.Input("x", tensor.F32, m, k).Linear(s.Weight("w", n, k), s.Weight("b", n), graph.GELU)
				},
			})
		}
	}
	for _, t := range []tensor.DType{tensor.BF16, tensor.F16} {
		for _, g := range wideConvTiles {
			frames, h, w, ch, taps := blocks(9*processors, 4*4), 9, 21, 72, 2*3*2
			n := g.n - 24
			stored := make([]byte, t.Size(n*ch*taps))
			if err := quant.Narrow(stored, t, numbers(n*ch*taps, 1/math.Sqrt(float64(ch*taps)))); err != nil {
				continue
			}
			list = append(list, proof{
				name: fmt.Sprintf("a convolution of %v by tiles of %s", t, g.name), force: g.name, parts: 1, apart: 1e-4,
				src: weights.Map{"w": {DType: t, Shape: tensor.Shape{n, ch, 2, 3, 2}, Data: stored}},
				in:  map[string][]float32{"x": numbers(frames*h*w*ch, 1), "cache": numbers(h*w*ch, 1)},
				draw: func(s *graph.Scope) *graph.Node {
					return s.Input("x", tensor.F32, frames, h, w, ch).Conv3D(s.Weight("w", n, ch, 2, 3, 2), nil,
						s.Input("cache", tensor.F32, 1, h, w, ch), graph.Conv3DAttr{Cached: true, Pad: [4]int{1, 1, 1, 0}})
				},
			})
		}
	}
	for _, t := range []tensor.DType{tensor.BF16, tensor.F16} {
		for _, g := range wideConvTiles {
			frames, h, w, ch, n := blocks(9*processors, 4*4*4), 9, 21, 136, g.n-24
			stored := make([]byte, t.Size(n*ch*9))
			if err := quant.Narrow(stored, t, numbers(n*ch*9, 1/math.Sqrt(float64(9*ch)))); err != nil {
				continue
			}
			list = append(list, proof{
				name: fmt.Sprintf("a convolution of %v that doubles, by tiles of %s", t, g.name), force: g.name, parts: 1, apart: 1e-4,
				src: weights.Map{"w": {DType: t, Shape: tensor.Shape{n, ch, 1, 3, 3}, Data: stored}},
				in:  map[string][]float32{"x": numbers(frames*h*w*ch, 1)},
				draw: func(s *graph.Scope) *graph.Node {
					return s.Input("x", tensor.F32, frames, h, w, ch).Conv3D(s.Weight("w", n, ch, 1, 3, 3), nil, nil,
						graph.Conv3DAttr{Up: true, Pad: [4]int{1, 1, 1, 1}})
				},
			})
		}
	}
	for _, size := range []int{64, 128} {
		for i, keys := range []int{128, 176} {
			queries, others, heads := 300, 3*keys+41, blocks(9*processors, 4*3)
			attr := graph.AttentionAttr{Heads: heads, Scale: float32(1 / math.Sqrt(float64(size))), Window: -1}
			if i == 0 { // frames that see their neighbours
				queries, others, attr.Frames, attr.Window = 5*75, 5*75, 5, 1
			}
			width := heads * size
			list = append(list, proof{
				name: fmt.Sprintf("attention of heads of %d by %d keys", size, keys), force: fmt.Sprint(keys, " keys"), parts: 1, apart: 0.05,
				in: map[string][]float32{"q": numbers(queries*width, 1), "k": numbers(others*width, 1), "v": numbers(others*width, 1)},
				draw: func(s *graph.Scope) *graph.Node {
					return s.Input("q", tensor.F32, queries, width).Attend(s.Input("k", tensor.F32, others, width), s.Input("v", tensor.F32, others, width), nil, attr)
				},
			})
		}
	}
	return list
}

// numbering makes normal numbers of a size, others with each call; they repeat.
func numbering() func(n int, size float64) []float32 {
	seed := uint64(0)
	return func(n int, size float64) []float32 {
		seed++
		r := rand.New(rand.NewPCG(seed, 9))
		v := make([]float32, n)
		few := v[:min(n, 10007)]
		for i := range few {
			few[i] = float32(size * r.NormFloat64())
		}
		for at := len(few); at < n; at += copy(v[at:], few) {
		}
		return v
	}
}

// put loads a proof as the device is, with its numbers.
func (d *Device) put(f proof) (*program, error) {
	g, err := graph.Build(f.src.Info, func(s *graph.Scope) []*graph.Node { return []*graph.Node{f.draw(s)} })
	if err != nil {
		return nil, err
	}
	p, err := plan.Compile(g, d.Options())
	if err != nil {
		return nil, err
	}
	prog, err := d.Load(p, f.src, nil)
	if err != nil {
		return nil, err
	}
	for name, v := range f.in {
		if err := prog.In(name).Write(tensor.Bytes(v)); err != nil {
			return nil, errors.Join(err, prog.Close())
		}
	}
	return prog.(*program), nil
}

// compute runs a proof as the device is.
func (d *Device) compute(f proof) (out []float32, err error) {
	prog, err := d.put(f)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, prog.Close()) }()
	if d.wide != prog.lay.waits {
		return nil, errors.New("another kernel was taken")
	}
	out = make([]float32, prog.Out(0).Shape().Len())
	for i := range out {
		out[i] = float32(math.NaN()) // what stays like this was not computed
	}
	if err := prog.Out(0).Write(tensor.Bytes(out)); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := prog.Run(ctx); err != nil {
		return nil, err
	}
	return out, prog.Out(0).Read(tensor.Bytes(out))
}

// agree holds got to want: no number may be further off than that many times the mean
// size of them, nor be none.
func agree(got, want []float32, apart float64) error {
	var size float64
	for _, v := range want {
		size += math.Abs(float64(v))
	}
	size /= float64(len(want))
	for i, v := range got {
		if off := math.Abs(float64(v) - float64(want[i])); !(off <= apart*(size+math.Abs(float64(want[i])))) {
			return fmt.Errorf("[%d] of %d is %g and not %g", i, len(got), v, want[i])
		}
	}
	return nil
}

// patience is for how many milliseconds a kernel waits for what should come in
// microseconds, before it gives up and says so: long enough for a GPU that others use
// as well, but when kernels are tried.
func (d *Device) patience() int {
	if d.proving {
		return 500
	}
	return 10000
}

// gaveUp returns an error if a kernel has given up waiting since it was last asked. What
// was computed since is not to be used; what is loaded from then on uses mma.sync.
func (d *Device) gaveUp() error {
	words := make([]byte, stopWords)
	if err := errors.Join(d.drv.Download(driver.Control, words, d.stop), d.drv.Sync(driver.Control)); err != nil {
		return err
	}
	if binary.NativeEndian.Uint32(words[4:]) == 0 {
		return nil
	}
	d.wide, d.unfit = false, errors.New("a kernel for compute capability 9.0 waited in vain and gave up")
	return errors.Join(d.unfit, d.drv.Zero(driver.Control, d.stop, stopWords), d.drv.Sync(driver.Control))
}
