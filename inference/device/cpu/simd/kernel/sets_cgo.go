//go:build cgo

package kernel

/*
#cgo CFLAGS: -O3 -std=gnu11
#cgo !windows LDFLAGS: -lm
#include "kernel.h"
*/
import "C"

import "golang.org/x/sys/cpu"

// Sets returns the sets that this machine can run, slowest first.
func Sets() []*Set {
	sets := []*Set{newSet("base", &C.kinora_base)}
	if C.kinora_avx2 != nil && cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		sets = append(sets, newSet("avx2", C.kinora_avx2))
		if cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL {
			sets = append(sets, newSet("avx512", C.kinora_avx512))
		}
	}
	return sets
}

// Pairs returns the set that multiplies pairs of bfloat16 numbers, and nil where this
// machine has none. It has CopyLeft, PackRight, Gemm, ConvScratch and Conv, whose numbers
// are then words of two, RoundPairs and Peak.
func Pairs() *Set {
	if C.kinora_avx512bf16 == nil || !cpu.X86.HasAVX512BF16 || len(Sets()) < 3 {
		return nil
	}
	return newSet("avx512bf16", C.kinora_avx512bf16)
}
