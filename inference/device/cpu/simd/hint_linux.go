package simd

import "golang.org/x/sys/unix"

// hint asks for few large pages, which are faster to go through; not getting them is
// no error.
func hint(b []byte) { _ = unix.Madvise(b, unix.MADV_HUGEPAGE) }
