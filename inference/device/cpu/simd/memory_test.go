package simd

import (
	"testing"
	"unsafe"
)

func TestAlloc(t *testing.T) {
	before := len(fromSystem.at)
	for _, n := range []int{0, 1, 63, 4096, large - 1, large, large + 1, 5 << 20} {
		for range 3 { // what was given back comes as zeros again
			b, err := Alloc(n)
			if err != nil {
				t.Fatal(err)
			}
			if len(b) != n || cap(b) != n || uintptr(unsafe.Pointer(unsafe.SliceData(b)))%64 != 0 {
				t.Fatalf("%d bytes: %d of %d at %p", n, len(b), cap(b), unsafe.SliceData(b))
			}
			for i := range b {
				if b[i] != 0 {
					t.Fatalf("%d bytes: byte %d is %d", n, i, b[i])
				}
				b[i] = 1
			}
			if err := Free(b); err != nil {
				t.Error(err)
			}
			if err := Free(b[:len(b):len(b)]); err != nil { // is a mistake, and does no harm
				t.Error(err)
			}
		}
	}
	if n := len(fromSystem.at) - before; n != 0 {
		t.Errorf("%d pieces are left", n)
	}
}

// TestScratchGivesBack: what a pool keeps between calls ends with it.
func TestScratchGivesBack(t *testing.T) {
	before := len(fromSystem.at)
	p := NewPool(1)
	a, b := p.scratch.take(large), p.scratch.take(large)
	if len(fromSystem.at) != before+2 {
		t.Errorf("%d pieces, want two more than %d", len(fromSystem.at), before)
	}
	p.scratch.give(a[:5])
	p.scratch.give(b)
	p.Close()
	if len(fromSystem.at) != before {
		t.Errorf("%d pieces are left of %d", len(fromSystem.at), before)
	}
}
