package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// A clock is what a clock shows, and how long a process has had a processor.
type clock struct {
	wall time.Time
	work float64
}

// clockOf looks at the clocks of a process. Where the system has no /proc, processor
// time stays zero, and is not told.
func clockOf(pid int) clock {
	c := clock{wall: time.Now()}
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, ok := bytes.Cut(b, []byte(") ")) // the name before it may hold spaces
	if f := bytes.Fields(rest); ok && len(f) > 13 {
		user, _ := strconv.ParseFloat(string(f[11]), 64)
		system, _ := strconv.ParseFloat(string(f[12]), 64)
		c.work = (user + system) / 100 // USER_HZ
	}
	return c
}

func (c clock) since(before clock) (seconds, work float64) {
	return c.wall.Sub(before.wall).Seconds(), c.work - before.work
}
