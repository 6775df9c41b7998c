package dialect

import (
	"fmt"
	"math"
	"math/bits"

	"kinora/inference/tensor"
)

// A rotated matrix was multiplied, group by group of its columns, by an orthogonal
// matrix before it was rounded: the Kronecker power, of the group's size, of
//
//	 1  1  1 -1
//	 1  1 -1  1
//	 1 -1  1  1
//	-1  1  1  1
//
// over its root (ConvRot). It is its own inverse: rotating again gives the weight.
// As what was rounded are whole numbers, they are rotated as such, without error.
type rotated struct {
	matrix
	name     string
	rotation int       // columns to a group, a power of 4
	scales   companion // one, or one a row
	groups   companion // asym_w4a8_int8: scales of so many columns
	group    int
	levels   companion // optional: what its 16 codes stand for
}

// The largest group whose sums of 8-bit numbers a float32 still holds exactly.
const maxRotation = 1 << 16

func newRotated(v *view, module string, d description, per int) (r rotated, err error) {
	if r.matrix, err = v.matrix(module+".weight", per); err != nil {
		return r, fmt.Errorf("it describes %w", err)
	}
	if r.stored != tensor.I8 && (r.stored != tensor.U8 || per == 1) {
		return r, fmt.Errorf("%s of type %v; want i8", d.Format, r.stored)
	}
	n := d.RotGroup
	if n < 4 || n > maxRotation || bits.OnesCount(uint(n)) != 1 || bits.TrailingZeros(uint(n))%2 != 0 || r.cols%n != 0 {
		return r, fmt.Errorf("columns rotated in groups of %d, want a power of 4 that divides %d", n, r.cols)
	}
	r.name, r.rotation = d.Format, n
	return r, nil
}

func rotated8(v *view, module string, d description) (coding, []string, error) {
	r, err := newRotated(v, module, d, 1)
	if err != nil {
		return nil, nil, err
	}
	r.name = "i8 rotated"
	return r.scaledBy(v, module+".scale_weight")
}

func rotated4(v *view, module string, d description) (coding, []string, error) {
	r, err := newRotated(v, module, d, 2)
	if err != nil {
		return nil, nil, err
	}
	return r.scaledBy(v, module+".scale_weight")
}

func (r rotated) scaledBy(v *view, name string) (coding, []string, error) {
	var err error
	if r.scales, err = v.companion(name, floats...); err != nil {
		return nil, nil, err
	}
	return r, []string{".scale_weight"}, r.scales.want(r.total, 1)
}

// rotatedGroups4 has codes of 4 bits for numbers of 8: the level that the code stands
// for times the scale of its group, rounded; and a scale for each row of those.
func rotatedGroups4(v *view, module string, d description) (coding, []string, error) {
	r, err := newRotated(v, module, d, 2)
	if err != nil {
		return nil, nil, err
	}
	if r.group = d.Group; r.group == 0 {
		r.group = 16
	}
	if r.group < 1 || r.cols%r.group != 0 {
		return nil, nil, fmt.Errorf("scales for groups of %d, which do not divide %d columns", r.group, r.cols)
	}
	if r.groups, err = v.companion(module+".weight_s_rel", tensor.F8E4M3, tensor.F32, tensor.U8); err != nil {
		return nil, nil, err
	}
	if r.groups.d == tensor.U8 {
		r.groups.d = tensor.F8E4M3 // as it is written where that type cannot be
	}
	if err := r.groups.want(r.total * (r.cols / r.group)); err != nil {
		return nil, nil, err
	}
	if _, ok := v.at[module+".weight_codebook"]; ok {
		if r.levels, err = v.companion(module+".weight_codebook", floats...); err != nil {
			return nil, nil, err
		}
		if err := r.levels.want(16); err != nil {
			return nil, nil, err
		}
	}
	if _, ok := v.at[module+".weight_correction"]; ok {
		return nil, nil, fmt.Errorf("asym_w4a8_int8 with weight_correction, which ComfyUI itself does not read; use an fp8 scaled, fp16 or GGUF file")
	}
	c, _, err := r.scaledBy(v, module+".weight_s_channel")
	return c, []string{".weight_s_rel", ".weight_s_channel", ".weight_codebook"}, err
}

func (r rotated) String() string { return r.name }

func (r rotated) rows(v *view) (rowWidener, error) {
	scales, err := r.scales.floats(v)
	if err != nil {
		return nil, err
	}
	groups, err := r.groups.floats(v)
	if err != nil {
		return nil, err
	}
	levels, err := r.levels.floats(v)
	if err != nil {
		return nil, err
	}
	if levels == nil {
		for code := range 16 {
			levels = append(levels, float32(code-8))
		}
	}
	root := float32(int(1) << (bits.TrailingZeros(uint(r.rotation)) / 2))
	whole := make([]int32, r.cols)
	return func(dst []float32, raw []byte, row int) error {
		row += r.first
		switch {
		case r.per == 1:
			for i, b := range raw {
				whole[i] = int32(int8(b))
			}
		case groups == nil:
			for i, b := range raw { // the first of two numbers is in the lower half
				whole[2*i], whole[2*i+1] = int32(int8(b<<4)>>4), int32(int8(b)>>4)
			}
		default:
			of := groups[row*(r.cols/r.group):]
			for i, b := range raw {
				for j, code := range [2]byte{b & 15, b >> 4} {
					x := math.RoundToEven(float64(levels[code] * of[(2*i+j)/r.group]))
					whole[2*i+j] = int32(max(-127, min(127, x)))
				}
			}
		}
		by := scales[0] / root
		if len(scales) > 1 {
			by = scales[row] / root
		}
		for i := 0; i < len(whole); i += r.rotation {
			rotate(whole[i : i+r.rotation])
		}
		for i, x := range whole {
			dst[i] = float32(x) * by
		}
		return nil
	}, nil
}

// rotate multiplies by the Kronecker power that has no root yet: by the matrix of 4
// in each digit of the place, written to the base 4.
func rotate(x []int32) {
	for stride := 1; stride < len(x); stride *= 4 {
		for start := 0; start < len(x); start += 4 * stride {
			for i := start; i < start+stride; i++ {
				a, b, c, d := x[i], x[i+stride], x[i+2*stride], x[i+3*stride]
				s := a + b + c + d
				x[i], x[i+stride], x[i+2*stride], x[i+3*stride] = s-2*d, s-2*c, s-2*b, s-2*a
			}
		}
	}
}

// A grouped matrix has codes of 4 bits, and for so many columns of a row a scale and
// what is added: (code − 8)·scale + zero.
type grouped struct {
	matrix
	group         int
	scales, zeros companion // [columns / group, rows]
}

func groups4(v *view, module string, d description) (coding, []string, error) {
	m, err := v.matrix(module+".weight", 2)
	if err != nil {
		return nil, nil, fmt.Errorf("it describes %w", err)
	}
	g := grouped{matrix: m, group: d.Group}
	if g.group == 0 {
		g.group = 64
	}
	if m.stored != tensor.I8 && m.stored != tensor.U8 || g.group < 1 || m.cols%g.group != 0 {
		return nil, nil, fmt.Errorf("awq_w4a16 of type %v in groups of %d; want i8, and groups that divide %d columns", m.stored, g.group, m.cols)
	}
	for name, c := range map[string]*companion{".scale_weight": &g.scales, ".weight_zeros": &g.zeros} {
		if *c, err = v.companion(module+name, floats...); err != nil {
			return nil, nil, err
		}
		if err := c.want(m.total * (m.cols / g.group)); err != nil {
			return nil, nil, err
		}
	}
	return g, []string{".scale_weight", ".weight_zeros"}, nil
}

func (g grouped) String() string { return "awq_w4a16" }

func (g grouped) rows(v *view) (rowWidener, error) {
	scales, err := g.scales.floats(v)
	if err != nil {
		return nil, err
	}
	zeros, err := g.zeros.floats(v)
	if err != nil {
		return nil, err
	}
	return func(dst []float32, raw []byte, row int) error {
		for i := range dst {
			code := raw[i/2] >> (i % 2 * 4) & 15 // the first of two numbers is in the lower half
			at := i/g.group*g.total + g.first + row
			dst[i] = float32((float32(code)-8)*scales[at]) + zeros[at]
		}
		return nil
	}, nil
}
