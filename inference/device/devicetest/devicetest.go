// Package devicetest holds every device to the meaning of the operations. A case
// is one operation on numbers of its own, with the result worked out in float64
// the plainest way there is. It does not know how a device computes; a device
// that rounds the operands of its products says so (see Rounder).
package devicetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"kinora/inference/device"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// A Rounder is a device that computes some products with rounded operands.
type Rounder interface {
	// RoundingOf returns the type that operands of a node's products are rounded to
	// in a plan; F32 means that they are not.
	RoundingOf(*plan.Plan) func(*graph.Node) tensor.DType
}

// A Case is one operation on given numbers.
type Case struct {
	Name    string
	Weights weights.Map
	Draw    func(s *graph.Scope) *graph.Node
	Passes  []Pass // of one program, in order
}

// A Pass is what goes in, and what must come out.
type Pass struct {
	In map[string]Tensor
	// Want works the result out; round is applied to the operands of products.
	Want func(round func(float64) float64) Result
}

// A Tensor is numbers that a device is given: []float32, []float64 or []int32.
type Tensor struct {
	Shape []int
	Data  any
}

// A Result is the right numbers, and for each the sum of the magnitudes that were
// added up for it, Terms of them: what bounds the rounding error of a good sum.
type Result struct {
	V, Mag []float64
	Terms  int
}

// Cases returns every case, by operation.
func Cases() map[graph.Op][]Case {
	return map[graph.Op][]Case{
		graph.View: viewCases(), graph.Copy: copyCases(), graph.Add: addCases(), graph.Mul: mulCases(),
		graph.Act: actCases(), graph.MatMul: matmulCases(), graph.Norm: normCases(), graph.Modulate: modulateCases(),
		graph.Gate: gateCases(), graph.RoPE: ropeCases(), graph.Attention: attentionCases(), graph.Conv3D: conv3dCases(),
		graph.Keep: keepCases(), graph.Permute: permuteCases(), graph.DupUp: dupUpCases(), graph.AddDupUp: addDupUpCases(), graph.AvgDown: avgDownCases(),
		graph.Gather: gatherCases(), graph.Concat: concatCases(), graph.Sinusoid: sinusoidCases(), graph.Mix: mixCases(),
		graph.NormModulate: normModulateCases(), graph.Composite: chainCases(),
	}
}

// Run runs every case on dev. The cases of composite operations run in whatever
// form the device's options ask for.
func Run(t *testing.T, dev device.Device) {
	all := Cases()
	for op := graph.View; op < graph.NumOps; op++ {
		if len(all[op]) == 0 {
			t.Errorf("no case for %v", op)
		}
		for _, c := range all[op] {
			t.Run(fmt.Sprint(op, "/", c.Name), func(t *testing.T) { c.Run(t, dev) })
		}
	}
}

// A Report is how one pass of a case came out.
type Report struct {
	Off       float64 // the worst error in units of the tolerance, or NaN
	At        int     // where that is
	Got, Want float64
	Tolerance float64
	Wrong     int // how many numbers are off by more
	First     int // the first of them
	Numbers   int
}

// Good reports whether everything is within the tolerance.
func (r Report) Good() bool { return r.Off <= 1 }

// Run runs a case on dev.
func (c Case) Run(t *testing.T, dev device.Device) {
	t.Helper()
	reports, err := c.Measure(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range reports {
		if !r.Good() {
			t.Errorf("run %d: [%d] = %g, want %g: %.2f times the tolerance; %d of %d are off, [%d] first",
				i, r.At, r.Got, r.Want, r.Off, r.Wrong, r.Numbers, r.First)
		}
	}
}

// Measure runs a case on dev and reports on each pass.
func (c Case) Measure(ctx context.Context, dev device.Device) (reports []Report, err error) {
	g, err := graph.Build(c.Weights.Info, func(s *graph.Scope) []*graph.Node { return []*graph.Node{c.Draw(s)} })
	if err != nil {
		return nil, err
	}
	p, err := plan.Compile(g, dev.Options())
	if err != nil {
		return nil, err
	}
	prog, err := dev.Load(p, c.Weights, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, prog.Close()) }()
	low := rounding(dev, p)
	for i, r := range c.Passes {
		for name, v := range r.In {
			b, err := v.bytes()
			if err != nil {
				return nil, err
			}
			if err := prog.In(name).Write(b); err != nil {
				return nil, err
			}
		}
		if err := poison(prog.Out(0)); err != nil {
			return nil, err
		}
		if err := prog.Run(ctx); err != nil {
			return nil, err
		}
		out := make([]float32, prog.Out(0).Shape().Len())
		if err := prog.Out(0).Read(tensor.Bytes(out)); err != nil {
			return nil, err
		}
		report, err := check(r, out, low)
		if err != nil {
			return nil, fmt.Errorf("run %d: %w", i, err)
		}
		reports = append(reports, report)
	}
	return reports, nil
}

// poison fills an output with what no operation may leave behind.
func poison(b device.Buffer) error {
	return b.Write(tensor.Bytes(slices.Repeat([]float32{float32(math.NaN())}, b.Shape().Len())))
}

func (v Tensor) bytes() ([]byte, error) {
	switch d := v.Data.(type) {
	case []float32:
		return tensor.Bytes(d), nil
	case []float64:
		return tensor.Bytes(d), nil
	case []int32:
		return tensor.Bytes(d), nil
	}
	return nil, fmt.Errorf("devicetest: cannot write %T", v.Data)
}

// rounding is the coarsest type that a plan's products are rounded to.
func rounding(dev device.Device, p *plan.Plan) tensor.DType {
	low := tensor.F32
	r, ok := dev.(Rounder)
	if !ok {
		return low
	}
	of := r.RoundingOf(p)
	for _, s := range p.Steps {
		if s.Node != nil && bits(of(s.Node)) < bits(low) {
			low = of(s.Node)
		}
	}
	return low
}

// check holds out to the exact result: within twice the error that rounding the
// operands makes, plus what summing in float32 may make.
func check(p Pass, out []float32, low tensor.DType) (Report, error) {
	exact := p.Want(func(v float64) float64 { return v })
	if len(exact.V) != len(out) {
		return Report{}, fmt.Errorf("%d numbers, want %d", len(out), len(exact.V))
	}
	var slack float64
	if low != tensor.F32 {
		coarse := p.Want(func(v float64) float64 { return Rounded(v, low) })
		for i, v := range coarse.V {
			slack = max(slack, 2*math.Abs(v-exact.V[i]))
		}
	}
	return compare(out, exact, slack), nil
}

// compare finds the number that is furthest off, in units of what is allowed: the
// first NaN, if there is one.
func compare(out []float32, exact Result, slack float64) Report {
	const eps = 1.0 / (1 << 24)
	r := Report{Numbers: len(out), First: -1}
	for i, v := range out {
		tol := slack + eps*(8+math.Sqrt(float64(exact.Terms)))*exact.Mag[i] + 1e-30
		e := math.Abs(float64(v)-exact.V[i]) / tol
		if !(e <= 1) {
			if r.Wrong++; r.First < 0 {
				r.First = i
			}
		}
		if r.Off == r.Off && !(e <= r.Off) || i == 0 {
			r.Off, r.At, r.Got, r.Want, r.Tolerance = e, i, float64(v), exact.V[i], tol
		}
	}
	return r
}
