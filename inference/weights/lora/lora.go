// Package lora reads LoRA files (Hu et al. 2021, "Low-Rank Adaptation of Large
// Language Models"): small changes of a denoiser's weights, W + strength·(α/rank)·B·A,
// in the dialects that people have them in. A change is laid beside the weight that it
// changes, so that this stays as it is stored, and goes with the Source that shows it.
package lora

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"kinora/inference"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/dialect"
	"kinora/inference/weights/quant"
)

// maxRank is beyond what anybody trains; more is a broken file.
const maxRank = 1 << 14

const maxAlpha = 1e6

// An Adapter is what one file changes.
type Adapter struct {
	Model string // which model it is for, in words; empty where that cannot be told
	Width int    // of that model; 0 where that cannot be told
	Rank  int    // the largest; 0 where whole weights are changed
	Bytes int64

	file    weights.Source
	changes map[string]change // by official module, such as blocks.0.self_attn.q
}

// A change is that of one module. Names are those in the file; empty: none.
type change struct {
	down, up string // A [rank, in] and B [out, rank]
	scale    float64
	full     string // of the whole weight
	bias     string
	part, of int // which rows of B, full and bias, where one module there is several here
}

// Known reports whether a file holds a LoRA, of whatever model and kind.
func Known(s weights.Source) bool {
	return slices.ContainsFunc(s.Names(), func(name string) bool {
		_, r, err := split(name)
		return err != nil || r == down || r == full || r == bias
	})
}

// Read finds the changes in a file. The error names what cannot be used, and for
// which model the file is when that is another; it wraps inference.ErrInvalid. The
// Adapter reads from s, which must stay open.
func Read(s weights.Source) (*Adapter, error) {
	if !Known(s) {
		return nil, invalid("it holds no changes of weights, so it is none")
	}
	modules, err := group(s)
	if err != nil {
		return nil, err
	}
	about, err := readSettings(s)
	if err != nil {
		return nil, err
	}
	a := &Adapter{file: s, changes: map[string]change{}}
	names := slices.Sorted(maps.Keys(modules))
	foreign := slices.ContainsFunc(names, fromDiffusers)
	for _, name := range names {
		c, err := a.check(name, modules[name], about)
		if err != nil {
			return nil, err
		}
		if c.down+c.full+c.bias == "" { // an alpha alone
			continue
		}
		to := []string{name}
		if foreign {
			to = dialect.DenoiserModule(name)
		}
		for i, m := range to {
			c.part, c.of = i, len(to)
			if _, twice := a.changes[m]; twice {
				return nil, invalid("two of its modules mean %s", m)
			}
			a.changes[m] = c
		}
	}
	if len(a.changes) == 0 {
		return nil, invalid("it changes nothing")
	}
	a.describe()
	return a, nil
}

// group collects the tensors of every module by what they are in it.
func group(s weights.Source) (map[string]map[role]string, error) {
	modules := map[string]map[role]string{}
	for _, name := range s.Names() {
		module, r, err := split(name)
		if err != nil {
			return nil, err
		}
		if module, err = dotted(module, name); err != nil {
			return nil, err
		}
		switch {
		case passedOver(module):
			continue
		case r == none || !ours(module):
			return nil, stranger(name)
		case modules[module] == nil:
			modules[module] = map[role]string{}
		}
		if other, twice := modules[module][r]; twice {
			return nil, invalid("%s and %s mean the same", other, name)
		}
		modules[module][r] = name
	}
	return modules, nil
}

// check proves that the tensors of a module go together.
func (a *Adapter) check(module string, has map[role]string, about settings) (change, error) {
	c := change{down: has[down], up: has[up], full: has[full], bias: has[bias], scale: 1}
	if (c.down == "") != (c.up == "") {
		return c, invalid("%s has no partner", c.down+c.up)
	}
	if c.down != "" {
		d, u, err := a.matrices(c)
		if err != nil {
			return c, err
		}
		rank := d[0]
		if rank < 1 || rank > maxRank || u[1] != rank {
			return c, invalid("%s is %v and %s is %v: their ranks differ or are out of range", c.down, d, c.up, u)
		}
		a.Rank = max(a.Rank, rank)
		if c.scale, err = about.scale(module, rank); err != nil {
			return c, err
		}
		if alpha, ok := has[alpha]; ok {
			v, err := a.number(alpha)
			if err != nil {
				return c, err
			}
			c.scale = v / float64(rank)
		}
	}
	for _, name := range []string{c.down, c.up, c.full, c.bias} {
		if name == "" {
			continue
		}
		d, shape, _ := a.file.Info(name)
		if !usable[d] {
			return c, invalid("%s is stored as %v, which no LoRA is", name, d)
		}
		a.Bytes += d.Size(shape.Len())
	}
	return c, nil
}

// usable are the types that changes are stored in.
var usable = map[tensor.DType]bool{tensor.F32: true, tensor.BF16: true, tensor.F16: true, tensor.F8E4M3: true, tensor.F8E5M2: true}

// matrices returns the shapes of A and B as matrices; those of convolutions are flat.
func (a *Adapter) matrices(c change) (d, u tensor.Shape, err error) {
	_, d, _ = a.file.Info(c.down)
	_, u, _ = a.file.Info(c.up)
	if len(d) < 2 || len(u) < 2 || d.Len() == 0 || u.Len() == 0 {
		return nil, nil, invalid("%s is %v and %s is %v, want matrices", c.down, d, c.up, u)
	}
	return flat(d), flat(u), nil
}

// flat is a shape with all dimensions after the first as one.
func flat(s tensor.Shape) tensor.Shape { return tensor.Shape{s[0], s.Len() / s[0]} }

// number reads an alpha, whatever it is stored as. Some tools store whole numbers.
func (a *Adapter) number(name string) (float64, error) {
	d, shape, _ := a.file.Info(name)
	if shape.Len() != 1 {
		return 0, invalid("%s is %v, want one number", name, shape)
	}
	b := make([]byte, d.Size(1))
	if err := weights.Read(a.file, name, b); err != nil {
		return 0, err
	}
	v := make([]float32, 1)
	switch d {
	case tensor.I64, tensor.I32:
		var n int64
		for i := len(b) - 1; i >= 0; i-- { // little-endian
			n = n<<8 | int64(b[i])
		}
		if d == tensor.I32 {
			n = int64(int32(n))
		}
		v[0] = float32(n)
	case tensor.F64:
		v[0] = float32(math.Float64frombits(uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56))
	default:
		if err := quant.Widen(v, d, b); err != nil {
			return 0, invalid("%s: %v", name, err)
		}
	}
	if x := float64(v[0]); !math.IsNaN(x) && math.Abs(x) <= maxAlpha {
		return x, nil
	}
	return 0, invalid("%s is %g", name, v[0])
}

// describe finds out which model the changes are for.
func (a *Adapter) describe() {
	for _, m := range slices.Sorted(maps.Keys(a.changes)) {
		c := a.changes[m]
		name, axis := c.down, 1
		switch {
		case c.down == "":
			name = c.full
		case endsIn(m, "ffn.2"):
			name, axis = c.up, 0
		}
		if _, shape, ok := a.file.Info(name); ok && len(shape) >= 2 && endsIn(m, "q", "k", "v", "o", "ffn.0", "ffn.2") {
			if a.Width = flat(shape)[axis]; axis == 1 && c.down == "" && endsIn(m, "ffn.2") {
				a.Width = shape[0]
			}
			a.Model = dialect.OfWidth(a.Width)
			return
		}
	}
}

// An unusable file is one that this package, or the model, cannot take.
type unusable struct{ name, why string }

func (u *unusable) Error() string {
	return fmt.Sprintf("%v: the LoRA%s cannot be used: %s", inference.ErrInvalid, u.name, u.why)
}

// Is makes it an inference.ErrInvalid.
func (u *unusable) Is(target error) bool { return target == inference.ErrInvalid }

func invalid(format string, args ...any) error { return &unusable{why: fmt.Sprintf(format, args...)} }

// Named puts the name of a LoRA into an error of this package.
func Named(name string, err error) error {
	u := (*unusable)(nil)
	if name == "" || !errors.As(err, &u) {
		return err
	}
	return &unusable{" " + name, u.why}
}
