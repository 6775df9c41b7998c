package quant

import "math"

// BF16 widens a bfloat16: the upper half of a float32.
func BF16(x uint16) float32 { return math.Float32frombits(uint32(x) << 16) }

// F16 widens an IEEE half.
func F16(x uint16) float32 { return small(uint32(x), 10, 5) }

// F8E5M2 widens an 8-bit float with 5 bits of exponent: the upper half of a half.
func F8E5M2(x byte) float32 { return small(uint32(x)<<8, 10, 5) }

// F8E4M3 widens an 8-bit float with 4 bits of exponent, in the variant ("fn")
// that has no infinities: where they would be, larger numbers go on, and only all
// ones is no number.
func F8E4M3(x byte) float32 {
	if x&0x7f == 0x7f {
		return float32(math.NaN())
	}
	sign, e, m := uint32(x)>>7<<31, uint32(x)>>3&15, uint32(x)&7
	if e == 0 {
		return math.Float32frombits(sign | math.Float32bits(float32(m)/512))
	}
	return math.Float32frombits(sign | (e+127-7)<<23 | m<<20)
}

// small widens a float of m bits of mantissa below e bits of exponent.
func small(x uint32, m, e int) float32 {
	sign := x >> (m + e) << 31
	mantissa, exponent, top := x&(1<<m-1), x>>m&(1<<e-1), uint32(1<<e-1)
	bias := top / 2
	switch exponent {
	case 0: // subnormal: an exact product in float32
		return math.Float32frombits(sign | math.Float32bits(float32(mantissa)*math.Float32frombits((128-bias-uint32(m))<<23)))
	case top:
		return math.Float32frombits(sign | 255<<23 | mantissa<<(23-m))
	}
	return math.Float32frombits(sign | (exponent+127-bias)<<23 | mantissa<<(23-m))
}
