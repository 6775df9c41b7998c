//go:build unix

package disk

import (
	"math"

	"golang.org/x/sys/unix"
)

// Free says how many bytes a user may still write in a folder, if that is known.
func Free(dir string) (bytes int64, known bool) {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return 0, false
	}
	n := float64(s.Bavail) * float64(s.Bsize)
	return int64(min(n, math.MaxInt64/2)), true
}
