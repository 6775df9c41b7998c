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
)

func (l Level) String() string { return [...]string{"go", "base", "avx2", "avx512"}[l] }

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

var sets = kernel.Sets()

// set returns the kernels of l, nil for Plain.
func (l Level) set() *kernel.Set {
	if l == Plain {
		return nil
	}
	return sets[l-Base]
}
