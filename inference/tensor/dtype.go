package tensor

import "fmt"

// A DType names how elements are stored.
type DType uint8

// The element types. Those from Q4_0 on are blocks of several elements, laid out
// as in ggml's quantised formats.
const (
	F32 DType = iota
	F64
	BF16
	F16
	F8E4M3
	F8E5M2
	I8
	U8
	I32
	I64
	Bool
	Q4_0
	Q4_1
	Q5_0
	Q5_1
	Q8_0
	Q2K
	Q3K
	Q4K
	Q5K
	Q6K
	IQ4NL
	IQ4XS
	NumDTypes
)

// block gives elements and bytes per block.
var block = [NumDTypes]struct {
	name        string
	elems, size int
}{
	F32: {"f32", 1, 4}, F64: {"f64", 1, 8}, BF16: {"bf16", 1, 2}, F16: {"f16", 1, 2},
	F8E4M3: {"f8_e4m3", 1, 1}, F8E5M2: {"f8_e5m2", 1, 1},
	I8: {"i8", 1, 1}, U8: {"u8", 1, 1}, I32: {"i32", 1, 4}, I64: {"i64", 1, 8}, Bool: {"bool", 1, 1},
	Q4_0: {"q4_0", 32, 18}, Q4_1: {"q4_1", 32, 20}, Q5_0: {"q5_0", 32, 22}, Q5_1: {"q5_1", 32, 24}, Q8_0: {"q8_0", 32, 34},
	Q2K: {"q2_k", 256, 84}, Q3K: {"q3_k", 256, 110}, Q4K: {"q4_k", 256, 144}, Q5K: {"q5_k", 256, 176}, Q6K: {"q6_k", 256, 210},
	IQ4NL: {"iq4_nl", 32, 18}, IQ4XS: {"iq4_xs", 256, 136},
}

func (d DType) String() string {
	if d >= NumDTypes {
		return fmt.Sprintf("dtype(%d)", uint8(d))
	}
	return block[d].name
}

// Block returns how many elements one block holds and how many bytes it takes.
func (d DType) Block() (elems, size int) { return block[d].elems, block[d].size }

// Size returns the bytes n elements take; n must be a whole number of blocks.
func (d DType) Size(n int) int64 {
	b := block[d]
	return int64(n/b.elems) * int64(b.size)
}
