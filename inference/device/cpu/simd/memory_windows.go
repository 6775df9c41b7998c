package simd

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

func take(n int) ([]byte, error) {
	addr, err := windows.VirtualAlloc(0, uintptr(n), windows.MEM_RESERVE|windows.MEM_COMMIT, windows.PAGE_READWRITE)
	if err != nil {
		return nil, err
	}
	// The address is not Go's, so the two steps that vet warns of are one here.
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), n), nil
}

func give(b []byte) error {
	return windows.VirtualFree(uintptr(unsafe.Pointer(&b[0])), 0, windows.MEM_RELEASE)
}
