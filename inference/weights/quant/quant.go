// Package quant widens stored elements of every type to float32. It is what each
// type means; a device may have a faster way, and is compared with this one. The
// package knows no files and no shapes.
package quant

import (
	"encoding/binary"
	"fmt"
	"math"

	"kinora/inference/tensor"
)

// decoders says how one block of each type is widened. A block of the plain types
// is one element.
var decoders = [tensor.NumDTypes]func(dst []float32, b []byte){
	tensor.F32:    func(y []float32, b []byte) { y[0] = math.Float32frombits(binary.LittleEndian.Uint32(b)) },
	tensor.F64:    func(y []float32, b []byte) { y[0] = float32(math.Float64frombits(binary.LittleEndian.Uint64(b))) },
	tensor.BF16:   func(y []float32, b []byte) { y[0] = BF16(binary.LittleEndian.Uint16(b)) },
	tensor.F16:    func(y []float32, b []byte) { y[0] = half(b) },
	tensor.F8E4M3: func(y []float32, b []byte) { y[0] = F8E4M3(b[0]) },
	tensor.F8E5M2: func(y []float32, b []byte) { y[0] = F8E5M2(b[0]) },
	tensor.I8:     func(y []float32, b []byte) { y[0] = float32(int8(b[0])) },
	tensor.U8:     func(y []float32, b []byte) { y[0] = float32(b[0]) },
	tensor.I32:    func(y []float32, b []byte) { y[0] = float32(int32(binary.LittleEndian.Uint32(b))) },
	tensor.I64:    func(y []float32, b []byte) { y[0] = float32(int64(binary.LittleEndian.Uint64(b))) },
	tensor.Q4_0:   q4_0, tensor.Q4_1: q4_1, tensor.Q5_0: q5_0, tensor.Q5_1: q5_1, tensor.Q8_0: q8_0,
	tensor.Q2K: q2K, tensor.Q3K: q3K, tensor.Q4K: q4K, tensor.Q5K: q5K, tensor.Q6K: q6K,
	tensor.IQ4NL: iq4NL, tensor.IQ4XS: iq4XS,
}

// Can reports whether elements of a type can be widened.
func Can(d tensor.DType) bool { return d < tensor.NumDTypes && decoders[d] != nil }

// Widen turns the stored elements of src, whole blocks of type d, into numbers.
func Widen(dst []float32, d tensor.DType, src []byte) error {
	if !Can(d) {
		return fmt.Errorf("%v holds no numbers that can be widened", d)
	}
	elems, size := d.Block()
	if len(dst)%elems != 0 || len(src)/size != len(dst)/elems || len(src)%size != 0 {
		return fmt.Errorf("%d bytes of %v are not %d elements", len(src), d, len(dst))
	}
	decode := decoders[d]
	for ; len(dst) > 0; dst, src = dst[elems:], src[size:] {
		decode(dst[:elems], src[:size])
	}
	return nil
}

func half(b []byte) float32 { return F16(binary.LittleEndian.Uint16(b)) }
