//go:build !linux

package simd

func hint([]byte) {}
