package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"

	"kinora/app/disk"
	"kinora/inference/device"
)

// A tuner has a GPU's tiles measured the first time it is opened, and keeps the speeds for
// that GPU, driver and program.
type tuner struct {
	gpu    int
	folder string // where speeds are kept; empty: the user's cache
}

// A tunable is a device that chooses its kernels by how fast each is.
type tunable interface {
	Describe() string
	Measure() (device.Speeds, error)
	// Use reports whether those were all that there are.
	Use(device.Speeds) bool
}

// tune has d choose by its speeds. Where they cannot be had, since another program uses
// the GPU or its memory, d goes on by those that it supposes, and is asked the next time.
func (t tuner) tune(d tunable) {
	file := gpuFile(t.folder, t.gpu, d.Describe()) + ".speeds"
	if s, err := readSpeeds(file); err == nil && d.Use(s) {
		return
	}
	s, err := d.Measure()
	if err != nil {
		d.Use(nil)
		return
	}
	d.Use(s)
	if b, err := json.MarshalIndent(s, "", "\t"); err == nil {
		_ = disk.WriteFile(disk.OS{}, file, append(b, '\n')) // or it is measured again
	}
}

// speedsSize is how large a file of speeds may be; some twenty take less than 1 KB.
const speedsSize = 64 << 10

// readSpeeds reads what tune has written, or what has become of it.
func readSpeeds(file string) (device.Speeds, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, speedsSize+1))
	if err != nil {
		return nil, err
	}
	if len(b) > speedsSize {
		return nil, fmt.Errorf("%s: over %d bytes", file, speedsSize)
	}
	var s device.Speeds
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for k, v := range s {
		if !(v > 0) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%s: %s does %g operations a second", file, k, v)
		}
	}
	return s, nil
}
