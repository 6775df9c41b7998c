//go:build unix

package simd

import "golang.org/x/sys/unix"

func take(n int) ([]byte, error) {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	return b, err
}

func give(b []byte) error { return unix.Munmap(b) }
