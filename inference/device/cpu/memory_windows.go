package cpu

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

var globalMemoryStatus = windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx")

// memory asks Windows; the struct is MEMORYSTATUSEX.
func memory() (free, total int64) {
	var s struct {
		length, load                                               uint32
		totalPhys, availPhys, totalPage, availPage, totalV, availV uint64
		extended                                                   uint64
	}
	s.length = uint32(unsafe.Sizeof(s))
	if r, _, _ := globalMemoryStatus.Call(uintptr(unsafe.Pointer(&s))); r == 0 {
		return unknownMemory, unknownMemory
	}
	return int64(s.availPhys), int64(s.totalPhys)
}
