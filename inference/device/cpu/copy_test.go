package cpu

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"kinora/inference/device/cpu/simd"
)

func TestCopyByManyThreads(t *testing.T) {
	pool := simd.NewPool(3)
	defer pool.Close()
	c := &call{p: &program{pool: pool}}
	for _, n := range []int{0, 1, 1 << 18, 1<<19 - 1, 1 << 19, 1<<20 + 12345} {
		from, to := make([]byte, n), make([]byte, n+7)
		for i := range from {
			from[i] = byte(rand.Uint32())
		}
		if got := c.copy(to, from); got != n || !bytes.Equal(to[:n], from) || !bytes.Equal(to[n:], make([]byte, 7)) {
			t.Errorf("of %d bytes %d are copied, or not as they are", n, got)
		}
		if got := c.copy(to[:n/2], from); got != n/2 {
			t.Errorf("%d bytes into %d: %d are copied", n, n/2, got)
		}
	}
}
