package mapped

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

func mmap(f *os.File, size int) ([]byte, error) {
	h, err := windows.CreateFileMapping(windows.Handle(f.Fd()), nil, windows.PAGE_READONLY, 0, 0, nil)
	if err != nil {
		return nil, err
	}
	addr, err := windows.MapViewOfFile(h, windows.FILE_MAP_READ, 0, 0, uintptr(size))
	// The view keeps the mapping alive.
	if closeErr := windows.CloseHandle(h); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, err
	}
	// The address is not Go's, so the two steps that vet warns of are one here.
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), size), nil
}

func munmap(data []byte) error {
	return windows.UnmapViewOfFile(uintptr(unsafe.Pointer(&data[0])))
}
