//go:build !cgo

package kernel

// Sets returns nothing: without C there are no kernels.
func Sets() []*Set { return nil }

// Pairs returns nil.
func Pairs() *Set { return nil }
