package cpu

import (
	"testing"

	"kinora/inference/device/cpu/simd"
	"kinora/inference/device/devicetest"
)

func TestOperations(t *testing.T) {
	for _, l := range simd.Levels() {
		t.Run(l.String(), func(t *testing.T) { devicetest.Run(t, &cpu{pool: simd.NewPoolAt(2, l)}) })
	}
	if BF16() {
		t.Run("bf16", func(t *testing.T) { devicetest.Run(t, New(Options{Threads: 2, BF16: true})) })
	}
}
