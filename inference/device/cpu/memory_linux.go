package cpu

import (
	"bufio"
	"fmt"
	"os"
)

// memory reads what the kernel thinks can be taken without swapping.
func memory() (free, total int64) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return unknownMemory, unknownMemory
	}
	defer f.Close()
	free, total = unknownMemory, unknownMemory
	for s := bufio.NewScanner(f); s.Scan(); {
		var kb int64
		if n, _ := fmt.Sscanf(s.Text(), "MemTotal: %d kB", &kb); n == 1 {
			total = kb << 10
		}
		if n, _ := fmt.Sscanf(s.Text(), "MemAvailable: %d kB", &kb); n == 1 {
			free = kb << 10
		}
	}
	return free, total
}
