package quant

import (
	"encoding/binary"
	"fmt"
	"math"

	"kinora/inference/tensor"
)

// encoders says how one block of each type is made.
var encoders = [tensor.NumDTypes]func(b []byte, x []float32){
	tensor.F32:    func(b []byte, x []float32) { binary.LittleEndian.PutUint32(b, math.Float32bits(x[0])) },
	tensor.BF16:   func(b []byte, x []float32) { binary.LittleEndian.PutUint16(b, ToBF16(x[0])) },
	tensor.F16:    func(b []byte, x []float32) { putHalf(b, x[0]) },
	tensor.F8E4M3: func(b []byte, x []float32) { b[0] = ToF8E4M3(x[0]) },
	tensor.F8E5M2: func(b []byte, x []float32) { b[0] = byte(narrow(x[0], 2, 5)) },
	tensor.Q4_0:   toQ4_0, tensor.Q4_1: toQ4_1, tensor.Q5_0: toQ5_0, tensor.Q5_1: toQ5_1, tensor.Q8_0: toQ8_0,
	tensor.Q4K: toQ4K, tensor.Q5K: toQ5K, tensor.Q6K: toQ6K,
}

// Narrow turns numbers into stored elements of type d, rounding to the nearest.
func Narrow(dst []byte, d tensor.DType, src []float32) error {
	if d >= tensor.NumDTypes || encoders[d] == nil {
		return fmt.Errorf("numbers are not turned into %v", d)
	}
	elems, size := d.Block()
	if len(src)%elems != 0 || len(dst)/size != len(src)/elems || len(dst)%size != 0 {
		return fmt.Errorf("%d bytes of %v are not %d elements", len(dst), d, len(src))
	}
	encode := encoders[d]
	for ; len(src) > 0; dst, src = dst[size:], src[elems:] {
		encode(dst[:size], src[:elems])
	}
	return nil
}

// ToBF16 rounds to the nearest bfloat16, ties to even.
func ToBF16(x float32) uint16 {
	b := math.Float32bits(x)
	if x != x {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

// ToF16 rounds to the nearest half, ties to even.
func ToF16(x float32) uint16 {
	b := math.Float32bits(x)
	if e := b >> 23 & 0xff; e >= 113 && e < 142 { // from 2⁻¹⁴ to 2¹⁵: most, and none rounds to infinity
		return uint16(b>>16&0x8000 | (((b&0x7fffffff)+0xfff+(b>>13&1))>>13 - 112<<10))
	}
	return uint16(narrow(x, 10, 5))
}

// ToF8E4M3 rounds to the nearest 8-bit float, ties to even. What is too large
// becomes the largest, as this type has no infinity.
func ToF8E4M3(x float32) byte {
	sign := byte(math.Float32bits(x) >> 31 << 7)
	switch a := math.Abs(float64(x)); {
	case a != a:
		return sign | 0x7f
	case a >= 448:
		return sign | 0x7e
	case a < 1./64: // subnormal
		return sign | byte(math.RoundToEven(a*512))
	default:
		_, e := math.Frexp(a) // a = f·2^e, f in ½ … 1
		return sign | byte(int(math.RoundToEven(math.Ldexp(a, 4-e)))+8*(e+5))
	}
}

// narrow rounds to a float with m bits of mantissa and e of exponent, ties to even,
// with infinities.
func narrow(x float32, m, e int) uint32 {
	bias := 1<<(e-1) - 1
	sign := math.Float32bits(x) >> 31 << (m + e)
	inf := uint32(1<<e-1) << m
	a := math.Abs(float64(x))
	switch {
	case a != a:
		return sign | inf | 1<<(m-1)
	case math.IsInf(a, 0):
		return sign | inf
	case a == 0:
		return sign
	}
	_, exp := math.Frexp(a)                     // a = f·2^exp, f in ½ … 1
	exp = max(exp-1, 1-bias)                    // of the leading bit, or of subnormals
	n := math.RoundToEven(math.Ldexp(a, m-exp)) // whole number of last places
	if exp > bias {
		return sign | inf
	}
	// The leading bit, and what rounding carried, add themselves to the exponent.
	return sign | min(inf, uint32(exp+bias-1)<<m+uint32(n))
}

func putHalf(b []byte, x float32) { binary.LittleEndian.PutUint16(b, ToF16(x)) }
