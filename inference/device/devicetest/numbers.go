package devicetest

import (
	"encoding/binary"
	"math"
	"math/rand/v2"

	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/quant"
)

// bits is how many significant bits a type keeps.
func bits(d tensor.DType) int {
	switch d {
	case tensor.BF16:
		return 8
	case tensor.F16:
		return 11
	}
	return 24
}

// Rounded rounds to nearest even in d. It knows no overflow: the cases stay far
// from it, and near zero only F16 has a coarser unit.
func Rounded(v float64, d tensor.DType) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return v
	}
	_, e := math.Frexp(v)
	unit := e - bits(d)
	if d == tensor.F16 {
		unit = max(unit, -24)
	}
	return math.Ldexp(math.RoundToEven(math.Ldexp(v, -unit)), unit)
}

// A source of numbers: every case has its own, so that adding one changes no other.
type dice struct{ *rand.Rand }

func roll(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 0x6b696e6f7261))} }

// some returns n numbers of about the given size.
func (d dice) some(n int, size float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(size * d.NormFloat64())
	}
	return v
}

func (d dice) tensor(size float64, shape ...int) Tensor {
	return Tensor{shape, d.some(tensor.Shape(shape).Len(), size)}
}

// f returns the numbers of a tensor in float64.
func (v Tensor) f() []float64 {
	var out []float64
	switch d := v.Data.(type) {
	case []float64:
		return d
	case []float32:
		for _, x := range d {
			out = append(out, float64(x))
		}
	case []int32:
		for _, x := range d {
			out = append(out, float64(x))
		}
	}
	return out
}

// stored returns v as a checkpoint of type d holds it, and the numbers that are
// then there.
func (v Tensor) stored(d tensor.DType) (weights.Entry, []float64) {
	in := v.Data.([]float32)
	out := make([]float64, len(in))
	b := make([]byte, d.Size(len(in)))
	if bits(d) == 24 && d != tensor.F32 {
		wide := Packed(b, d, in)
		for i, x := range wide {
			out[i] = float64(x)
		}
		return weights.Entry{DType: d, Shape: v.Shape, Data: b}, out
	}
	for i, x := range in {
		r := Rounded(float64(x), d)
		out[i] = r
		switch d {
		case tensor.F32:
			binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(x))
		case tensor.BF16:
			binary.LittleEndian.PutUint16(b[2*i:], uint16(math.Float32bits(float32(r))>>16))
		case tensor.F16:
			binary.LittleEndian.PutUint16(b[2*i:], half(r))
		}
	}
	return weights.Entry{DType: d, Shape: v.Shape, Data: b}, out
}

// halves are where the blocks of types that nobody encodes here have their scales.
var halves = map[tensor.DType][]int{tensor.IQ4NL: {0}, tensor.IQ4XS: {0}, tensor.Q2K: {80, 82}, tensor.Q3K: {108}}

// Packed fills b with numbers of type d, 8 bits or blocks, and returns what they are:
// those of v where there is an encoder, or else any.
func Packed(b []byte, d tensor.DType, v []float32) []float32 {
	if quant.Narrow(b, d, v) != nil {
		_, size := d.Block()
		r := rand.New(rand.NewPCG(uint64(len(b)), uint64(d)))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		for at := 0; at < len(b); at += size {
			for _, h := range halves[d] {
				binary.LittleEndian.PutUint16(b[at+h:], half(Rounded(0.001+0.001*r.Float64(), tensor.F16)))
			}
		}
	}
	wide := make([]float32, len(v))
	if err := quant.Widen(wide, d, b); err != nil {
		panic(err) // a type that nobody reads
	}
	return wide
}

// half encodes a number that is an f16 already.
func half(v float64) uint16 {
	var sign uint16
	if math.Signbit(v) {
		sign, v = 1<<15, -v
	}
	if v < 1.0/(1<<14) {
		return sign | uint16(v*(1<<24))
	}
	_, e := math.Frexp(v)
	return sign | uint16(e+14)<<10 | uint16(math.Ldexp(v, 11-e))&1023
}

func exactly(v []float64) Result { return Result{V: v, Mag: magnitude(v)} }

func magnitude(v []float64) []float64 {
	m := make([]float64, len(v))
	for i, x := range v {
		m[i] = math.Abs(x)
	}
	return m
}
