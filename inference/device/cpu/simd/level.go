package simd

import "kinora/inference/device/cpu/simd/kernel"

// A Level is a set of instructions to compute with.
type Level uint8

// The levels, slowest first. Plain is Go and works everywhere; Base is C for the
// 128-bit vectors that every 64-bit machine has.
const (
	Plain Level = iota
	Base
	AVX2
	AVX512
	// AVX512BF16 is AVX512 whose products and convolutions round their operands to
	// bfloat16 and sum in float32: twice as fast, and less exact. It is nobody's best:
	// it has to be asked for.
	AVX512BF16
)

func (l Level) String() string { return [...]string{"go", "base", "avx2", "avx512", "avx512bf16"}[l] }

// BF16 returns AVX512BF16, and whether this machine and build can run it.
func BF16() (Level, bool) { return AVX512BF16, pairs != nil }

// Best returns the fastest level of this machine.
func Best() Level { return Levels()[len(Levels())-1] }

// Levels returns the levels that this machine and build can run, slowest first.
func Levels() []Level {
	l := []Level{Plain}
	for i := range sets {
		l = append(l, Base+Level(i))
	}
	return l
}

var (
	sets  = kernel.Sets()
	pairs = kernel.Pairs()
)

// set returns the kernels of l, nil for Plain.
func (l Level) set() *kernel.Set {
	switch l {
	case Plain:
		return nil
	case AVX512BF16:
		l = AVX512
	}
	return sets[l-Base]
}

// tiles returns the kernels of l's products and convolutions by tiles.
func (l Level) tiles() *kernel.Set {
	if l == AVX512BF16 {
		return pairs
	}
	return l.set()
}
