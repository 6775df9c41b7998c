package lora

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/mapped"
	"kinora/inference/weights/quant"
)

// A Use is an Adapter and how strongly it is laid on: 1 as it was trained, 0 not at
// all.
type Use struct {
	*Adapter
	Strength float64
	Name     string // for errors
}

// Apply shows a denoiser, under its official names, with changes beside its weights.
// A module M that is changed by a product of matrices has, for the i-th change of it,
//
//	M.lora.i.down [rank, in], M.lora.i.up [out, rank], M.lora.i.scale [1]
//
// or, where the whole weight is changed, M.lora.i.full [out, in] and M.lora.i.scale;
// families add them. Vectors, small as they are, are shown changed, in float32. With
// no change left, base itself is returned. The error wraps inference.ErrInvalid.
func Apply(base weights.Source, uses ...Use) (weights.Source, error) {
	v := &view{Source: base, extra: map[string]entry{}}
	count := map[string]int{}
	for _, u := range uses {
		if u.Strength == 0 {
			continue
		}
		if err := u.fits(base); err != nil {
			return nil, Named(u.Name, err)
		}
		for _, m := range slices.Sorted(maps.Keys(u.changes)) {
			if err := v.lay(base, m, u, count); err != nil {
				return nil, Named(u.Name, err)
			}
		}
	}
	if len(v.extra) == 0 {
		return base, nil
	}
	names := base.Names()
	for n, e := range v.extra {
		if e.base == nil {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	v.names = names
	return v, nil
}

// fits refuses a model of another width.
func (a *Adapter) fits(base weights.Source) error {
	_, shape, ok := base.Info("head.modulation")
	if !ok || len(shape) == 0 || a.Width == 0 || shape[len(shape)-1] == a.Width {
		return nil
	}
	return invalid("it is for %s (width %d), and this model's width is %d", a.Model, a.Width, shape[len(shape)-1])
}

// lay puts the change of module m beside its weight.
func (v *view) lay(base weights.Source, m string, u Use, count map[string]int) error {
	c := u.changes[m]
	weight := m + ".weight"
	if _, _, ok := base.Info(weight); !ok {
		weight = m // a parameter without a module, such as modulation
	}
	_, have, ok := base.Info(weight)
	if !ok && (c.down != "" || c.full != "") {
		return invalid("it changes %s, which this model does not have", m)
	}
	if c.down != "" {
		if len(have) < 2 || weight == m {
			return invalid("it changes %s by a product of matrices, and that is %v", m, have)
		}
		want := flat(have)
		d, up, err := u.matrices(c)
		if err != nil {
			return err
		}
		if d[1] != want[1] || up[0] != want[0]*c.of {
			return invalid("its change of %s is %v by %v, and the weight is %v", m, up, d, have)
		}
		v.beside(m, count, u, c.scale, entry{as: "down", from: c.down, shape: d, of: 1},
			entry{as: "up", from: c.up, shape: tensor.Shape{want[0], up[1]}, part: c.part, of: c.of})
	}
	if c.full != "" {
		_, shape, _ := u.file.Info(c.full)
		if shape.Len() != have.Len()*c.of || len(have) >= 2 && weight != m && !flat(have).Equal(tensor.Shape{shape[0] / c.of, shape.Len() / shape[0]}) {
			return invalid("its change of %s is %v, and the weight is %v", m, shape, have)
		}
		if len(have) >= 2 && weight != m {
			v.beside(m, count, u, 1, entry{as: "full", from: c.full, shape: flat(have), part: c.part, of: c.of})
		} else if err := v.merge(base, weight, u, c.full, c); err != nil {
			return err
		}
	}
	if c.bias == "" {
		return nil
	}
	_, have, ok = base.Info(m + ".bias")
	_, shape, _ := u.file.Info(c.bias)
	if !ok || shape.Len() != have.Len()*c.of {
		return invalid("its change of %s.bias is %v, and the bias is %v", m, shape, have)
	}
	return v.merge(base, m+".bias", u, c.bias, c)
}

// beside adds one change of module m.
func (v *view) beside(m string, count map[string]int, u Use, scale float64, tensors ...entry) {
	at := fmt.Sprintf("%s.lora.%d.", m, count[m])
	count[m]++
	for _, e := range tensors {
		e.file = u.file
		e.dtype, _, _ = u.file.Info(e.from)
		v.extra[at+e.as] = e
	}
	factor := binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(scale*u.Strength)))
	v.extra[at+"scale"] = entry{dtype: tensor.F32, shape: tensor.Shape{1}, data: factor}
}

// merge adds a change to a vector, which may have been changed already.
func (v *view) merge(base weights.Source, name string, u Use, from string, c change) error {
	e, changed := v.extra[name]
	if !changed {
		_, shape, _ := base.Info(name)
		e = entry{base: base, dtype: tensor.F32, shape: shape}
		var err error
		if e.sum, err = numbers(base, name); err != nil {
			return err
		}
	}
	delta, err := numbers(u.file, from)
	if err != nil {
		return err
	}
	n := len(e.sum)
	sum := slices.Clone(e.sum)
	for i, d := range delta[c.part*n : (c.part+1)*n] {
		sum[i] += float32(u.Strength) * d
	}
	e.sum, e.data = sum, tensor.Bytes(sum)
	v.extra[name] = e
	return nil
}

// maxVector is the most numbers that are taken for a vector.
const maxVector = 1 << 24

func numbers(s weights.Source, name string) ([]float32, error) {
	d, shape, _ := s.Info(name)
	if shape.Len() > maxVector {
		return nil, invalid("%s of %v is no vector", name, shape)
	}
	b := make([]byte, d.Size(shape.Len()))
	if err := weights.Read(s, name, b); err != nil {
		return nil, err
	}
	x := make([]float32, shape.Len())
	if err := quant.Widen(x, d, b); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return x, nil
}

// A view is a denoiser with changes.
type view struct {
	weights.Source
	names []string
	extra map[string]entry
}

// An entry is a tensor that the view adds or shows changed.
type entry struct {
	as       string
	file     weights.Source // where it is from, or
	data     []byte         // what it is
	from     string
	dtype    tensor.DType
	shape    tensor.Shape
	part, of int            // which rows of it
	base     weights.Source // whose tensor it changes, or nil
	sum      []float32
}

// Names implements weights.Source.
func (v *view) Names() []string { return slices.Clone(v.names) }

// Info implements weights.Source.
func (v *view) Info(name string) (tensor.DType, tensor.Shape, bool) {
	if e, ok := v.extra[name]; ok {
		return e.dtype, e.shape, true
	}
	return v.Source.Info(name)
}

// Bytes implements weights.Source.
func (v *view) Bytes(name string) ([]byte, error) {
	e, ok := v.extra[name]
	if !ok {
		return v.Source.Bytes(name)
	}
	if e.file == nil {
		return e.data, nil
	}
	b, err := e.file.Bytes(e.from)
	if err != nil || e.of == 1 {
		return b, err
	}
	n := len(b) / e.of
	return b[e.part*n : (e.part+1)*n : (e.part+1)*n], nil
}

// Made implements weights.Maker.
func (v *view) Made(name string) bool {
	_, ours := v.extra[name]
	return !ours && weights.Made(v.Source, name)
}

// Read implements weights.Reader.
func (v *view) Read(name string, dst []byte) error {
	if _, ok := v.extra[name]; !ok {
		return weights.Read(v.Source, name, dst)
	}
	b, err := v.Bytes(name)
	if err != nil {
		return err
	}
	if len(b) != len(dst) {
		return fmt.Errorf("tensor %s: room for %d bytes, want %d", name, len(dst), len(b))
	}
	return mapped.Guard(func() error {
		copy(dst, b)
		return nil
	})
}

// Metadata implements weights.Noted.
func (v *view) Metadata() map[string]string { return weights.Metadata(v.Source) }
