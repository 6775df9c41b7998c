package simd

import (
	"encoding/binary"
	"math"

	"kinora/inference/device/cpu/simd/kernel"
	"kinora/inference/tensor"
	"kinora/inference/weights/quant"
)

// widen turns stored elements into f32, by element type: a new one is a line
// here. Elements come in whole blocks.
var widen = [tensor.NumDTypes]func(dst []float32, src []byte){
	tensor.F32: func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	},
	tensor.BF16: func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
		}
	},
	tensor.F16: func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = fromHalf(binary.LittleEndian.Uint16(src[2*i:]))
		}
	},
	tensor.F8E4M3: func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = fromE4M3[src[i]]
		}
	},
	tensor.F8E5M2: func(dst []float32, src []byte) { // the upper half of an f16
		for i := range dst {
			dst[i] = fromHalf(uint16(src[i]) << 8)
		}
	},
	tensor.Q8_0: func(dst []float32, src []byte) { // blocks of an f16 scale and 32 int8
		for i := range dst {
			b := src[i/32*34:]
			dst[i] = fromHalf(binary.LittleEndian.Uint16(b)) * float32(int8(b[2+i%32]))
		}
	},
}

// Widen turns the first len(dst) elements of src into f32. Types without a line
// in the table are widened as package quant says what they mean.
func Widen(dst []float32, src []byte, d tensor.DType) {
	src = src[:d.Size(len(dst))]
	if f := widen[d]; f != nil {
		f(dst, src)
		return
	}
	if err := quant.Widen(dst, d, src); err != nil {
		panic("simd: " + err.Error()) // the device says which types it takes
	}
}

// blockTypes are blocks, and floats of 8 bits, that kernels widen.
var blockTypes = map[tensor.DType]kernel.Type{
	tensor.F8E4M3: kernel.F8E4M3, tensor.F8E5M2: kernel.F8E5M2, tensor.Q8_0: kernel.Q8_0, tensor.Q4_0: kernel.Q4_0, tensor.Q4K: kernel.Q4K, tensor.Q5K: kernel.Q5K, tensor.Q6K: kernel.Q6K,
}

// widen is Widen by the pool's kernels, where they know the type: the same numbers.
func (p *Pool) widen(dst []float32, src []byte, d tensor.DType) {
	t, ok := blockTypes[d]
	if !ok {
		t, ok = kernelTypes[d]
	}
	if elems, _ := d.Block(); !ok || p.set == nil || len(dst)%elems != 0 {
		Widen(dst, src, d)
		return
	}
	p.set.Widen(t, dst, src[:d.Size(len(dst))])
}

// Narrow rounds src, to nearest even, to bf16 or f16, or copies it as f32.
func Narrow(dst []byte, src []float32, d tensor.DType) {
	_ = dst[:d.Size(len(src))]
	for i, v := range src {
		switch d {
		case tensor.BF16:
			binary.LittleEndian.PutUint16(dst[2*i:], toBrain(v))
		case tensor.F16:
			binary.LittleEndian.PutUint16(dst[2*i:], toHalf(v))
		case tensor.F32:
			binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(v))
		default:
			panic("simd: cannot round to " + d.String())
		}
	}
}

// fromE4M3 has a bias of 7 and no infinity; the largest pattern is not a number.
var fromE4M3 = func() (t [256]float32) {
	for i := range t {
		exp, frac := i>>3&15, float64(i&7)
		v := math.Ldexp(8+frac, exp-10)
		switch {
		case exp == 0:
			v = math.Ldexp(frac, -9)
		case i&127 == 127:
			v = math.NaN()
		}
		if i > 127 {
			v = -v
		}
		t[i] = float32(v)
	}
	return t
}()

func toBrain(v float32) uint16 {
	b := math.Float32bits(v)
	if v != v {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

func fromHalf(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exp {
	case 0:
		v := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

func toHalf(v float32) uint16 {
	b := math.Float32bits(v)
	sign, b := uint16(b>>16&0x8000), b&0x7fffffff
	switch {
	case b > 0x7f800000:
		return sign | 0x7e00
	case b >= 0x477ff000:
		return sign | 0x7c00
	case b < 0x38800000: // subnormal: the unit is 2⁻²⁴
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(b))*(1<<24)))
	}
	return sign | uint16((b+0xfff+b>>13&1)>>13-112<<10)
}
