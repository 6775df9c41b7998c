package simd

import (
	"fmt"
	"sync"
	"unsafe"
)

// large is from where on memory is taken from the system and not from Go's heap: a
// model's values would make Go collect late, and stay with the process when a phase
// is over.
const large = 1 << 20

// fromSystem are the pieces that Alloc took from the system, by where they begin.
var fromSystem = struct {
	sync.Mutex
	at map[*byte][]byte
}{at: map[*byte][]byte{}}

// Alloc returns n zeros that begin on a cache line. Large pieces are not Go's: they
// last until Free, and nobody may look at them after that.
func Alloc(n int) ([]byte, error) {
	const line = 64
	if n < large {
		v := make([]byte, n+line)
		off := int(-uintptr(unsafe.Pointer(unsafe.SliceData(v))) % line)
		return v[off : off+n : off+n], nil
	}
	b, err := take(n)
	if err != nil {
		return nil, fmt.Errorf("%d MB of memory: %w", n>>20, err)
	}
	hint(b)
	fromSystem.Lock()
	fromSystem.at[&b[0]] = b
	fromSystem.Unlock()
	return b[:n:n], nil
}

// Free gives back what Alloc returned; what Go's heap has is left to Go.
func Free(b []byte) error {
	if len(b) < large {
		return nil
	}
	fromSystem.Lock()
	whole, ok := fromSystem.at[&b[0]]
	delete(fromSystem.at, &b[0])
	fromSystem.Unlock()
	if !ok {
		return nil
	}
	return give(whole)
}
