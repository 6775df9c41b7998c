package simd

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestPoolRunsEverythingOnce(t *testing.T) {
	p := NewPool(4)
	defer p.Close()
	var group sync.WaitGroup
	for range 5 { // several callers at once
		group.Go(func() {
			for n := range 100 {
				hits := make([]atomic.Int32, n)
				p.Run(n, func(i int) { hits[i].Add(1) })
				for i := range hits {
					if hits[i].Load() != 1 {
						t.Errorf("item %d of %d ran %d times", i, n, hits[i].Load())
					}
				}
			}
		})
	}
	group.Wait()
}

func TestPoolRunInsideRun(t *testing.T) {
	p := NewPool(3)
	defer p.Close()
	var sum atomic.Int64
	p.Run(10, func(i int) { p.Run(10, func(j int) { sum.Add(int64(10*i + j)) }) })
	if sum.Load() != 4950 {
		t.Errorf("sum %d", sum.Load())
	}
}

func TestPoolHandsOnPanics(t *testing.T) {
	p := NewPool(3)
	defer p.Close()
	defer func() {
		if recover() == nil {
			t.Error("the panic is gone")
		}
	}()
	p.Run(10, func(i int) {
		if i == 5 {
			panic("five")
		}
	})
}

func BenchmarkDispatch(b *testing.B) {
	p := NewPool(2)
	defer p.Close()
	for b.Loop() {
		p.Run(2, func(int) {})
	}
}
