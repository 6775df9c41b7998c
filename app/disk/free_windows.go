package disk

import (
	"math"

	"golang.org/x/sys/windows"
)

// Free says how many bytes a user may still write in a folder, if that is known.
func Free(dir string) (bytes int64, known bool) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, false
	}
	var free uint64
	if windows.GetDiskFreeSpaceEx(path, &free, nil, nil) != nil {
		return 0, false
	}
	return int64(min(free, math.MaxInt64/2)), true
}
