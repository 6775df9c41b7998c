package dialect

import (
	"fmt"
	"math"

	"kinora/inference/tensor"
	"kinora/inference/weights/quant"
)

// A blocked matrix has a scale for every few numbers of a row, which lie in the order
// that tensor cores want them in: tiles of 128 rows and 4 scales, in each the rows
// 32 apart side by side (cuBLAS, "1D block scaling factors layout").
type blocked struct {
	matrix
	name     string
	group    int // numbers to a scale
	scales   companion
	overall  companion // nvfp4: of all numbers
	columns  companion // nvfp4, optional: what inputs are multiplied by first
	widenOne func(dst []float32, raw []byte, r blockedRow)
}

// A blockedRow has what is beside the numbers of a row.
type blockedRow struct {
	scale   func(group int) byte
	overall float32
	columns []float32
}

func nvfp4(v *view, module string, _ description) (coding, []string, error) {
	m, err := v.matrix(module+".weight", 2)
	if err != nil {
		return nil, nil, fmt.Errorf("it describes %w", err)
	}
	if m.stored != tensor.U8 || m.cols%16 != 0 {
		return nil, nil, fmt.Errorf("nvfp4 of type %v, %d columns; want u8, a multiple of 16", m.stored, m.cols)
	}
	b := blocked{matrix: m, name: "nvfp4", group: 16, widenOne: widenNVFP4}
	if b.scales, err = v.companion(module+".scale_weight", tensor.F8E4M3, tensor.U8); err != nil {
		return nil, nil, err
	}
	if b.overall, err = v.companion(module+".weight_scale_2", floats...); err != nil {
		return nil, nil, err
	}
	if err := b.overall.want(1); err != nil {
		return nil, nil, err
	}
	if _, ok := v.at[module+".pre_quant_scale"]; ok {
		if b.columns, err = v.companion(module+".pre_quant_scale", floats...); err != nil {
			return nil, nil, err
		}
		if err := b.columns.want(m.cols); err != nil {
			return nil, nil, err
		}
	}
	return b, []string{".scale_weight", ".weight_scale_2", ".pre_quant_scale"}, b.scales.want(b.places())
}

func mxfp8(v *view, module string, _ description) (coding, []string, error) {
	m, err := v.matrix(module+".weight", 1)
	if err != nil {
		return nil, nil, fmt.Errorf("it describes %w", err)
	}
	if m.stored != tensor.F8E4M3 || m.cols%32 != 0 {
		return nil, nil, fmt.Errorf("mxfp8 of type %v, %d columns; want f8_e4m3, a multiple of 32", m.stored, m.cols)
	}
	b := blocked{matrix: m, name: "mxfp8", group: 32, widenOne: widenMXFP8}
	if b.scales, err = v.companion(module+".scale_weight", tensor.U8); err != nil {
		return nil, nil, err
	}
	return b, []string{".scale_weight"}, b.scales.want(b.places())
}

// tiles counts the tiles in the width of the matrix.
func (b blocked) tiles() int { return (b.cols/b.group + 3) / 4 }

// places counts the scales that are stored, those that fill the last tiles included.
func (b blocked) places() int { return (b.total + 127) / 128 * b.tiles() * 512 }

func (b blocked) String() string { return b.name }

func (b blocked) rows(v *view) (rowWidener, error) {
	scales, err := b.scales.bytes(v)
	if err != nil {
		return nil, err
	}
	overall, err := b.overall.floats(v)
	if err != nil {
		return nil, err
	}
	if overall == nil {
		overall = []float32{1}
	}
	columns, err := b.columns.floats(v)
	if err != nil {
		return nil, err
	}
	tiles := b.tiles()
	return func(dst []float32, raw []byte, row int) error {
		row += b.first
		start := row/128*tiles*512 + row%32*16 + row%128/32*4
		b.widenOne(dst, raw, blockedRow{func(g int) byte { return scales[start+g/4*512+g%4] }, overall[0], columns})
		return nil
	}, nil
}

// e2m1 are the numbers of 4 bits: a sign, 2 bits of exponent, 1 of mantissa.
var e2m1 = [16]float32{0, 0.5, 1, 1.5, 2, 3, 4, 6, float32(math.Copysign(0, -1)), -0.5, -1, -1.5, -2, -3, -4, -6}

func widenNVFP4(dst []float32, raw []byte, r blockedRow) {
	for g := range len(dst) / 16 {
		by := r.overall * quant.F8E4M3(r.scale(g))
		for i, b := range raw[8*g : 8*g+8] { // the first of two numbers is in the upper half
			dst[16*g+2*i] = e2m1[b>>4] * by
			dst[16*g+2*i+1] = e2m1[b&15] * by
		}
	}
	for i, x := range r.columns {
		dst[i] *= x
	}
}

func widenMXFP8(dst []float32, raw []byte, r blockedRow) {
	for g := range len(dst) / 32 {
		by := math.Float32frombits(uint32(r.scale(g)) << 23) // a power of two, by its exponent; 0 is written for 0
		for i, b := range raw[32*g : 32*g+32] {
			dst[32*g+i] = quant.F8E4M3(b) * by
		}
	}
}
