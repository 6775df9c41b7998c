package main

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinora/app/studio"
	"kinora/inference/device"
	"kinora/inference/device/cuda"
	"kinora/inference/device/cuda/driver"
)

// A tuned stands for a GPU with two tiles.
type tuned struct {
	gpu
	about    string
	speeds   device.Speeds
	err      error
	measured int
	used     device.Speeds
}

func (d *tuned) Describe() string { return d.about }

func (d *tuned) Measure() (device.Speeds, error) {
	d.measured++
	return d.speeds, d.err
}

func (d *tuned) Use(s device.Speeds) bool {
	d.used = s
	return s["large"] > 0 && s["small"] > 0
}

// Speeds are measured once for a GPU and used from then on; a file that is not what was
// written is measured anew and replaced.
func TestTune(t *testing.T) {
	want := device.Speeds{"large": 3e14, "small": 1e14 + 0.5}
	tune := func(t *testing.T, folder string, index int, about string, measured int) {
		t.Helper()
		d := &tuned{about: about, speeds: want}
		tuner{gpu: index, folder: folder}.tune(d)
		if d.measured != measured || !maps.Equal(d.used, want) {
			t.Errorf("measured %d times, want %d; used are %v", d.measured, measured, d.used)
		}
	}
	folder := filepath.Join(t.TempDir(), "made", "for it")
	tune(t, folder, 0, "a GPU, driver for CUDA 12.4", 1)
	tune(t, folder, 0, "a GPU, driver for CUDA 12.4", 0)
	tune(t, folder, 0, "a GPU, driver for CUDA 13.0", 1)
	tune(t, folder, 1, "a GPU, driver for CUDA 12.4", 1)
	if files, err := os.ReadDir(folder); err != nil || len(files) != 3 {
		t.Errorf("%d files, %v", len(files), err)
	}
	for name, text := range map[string]string{
		"empty":       "",
		"no JSON":     "proved\n",
		"another":     `[1, 2]`,
		"null":        `null`,
		"a string":    `{"large": 3e14, "small": "fast"}`,
		"zero":        `{"large": 3e14, "small": 0}`,
		"negative":    `{"large": 3e14, "small": -1}`,
		"too large":   `{"large": 3e14, "small": 1e400}`,
		"one missing": `{"large": 3e14}`,
		"cut off":     `{"large": 3e14, "small": 1e`,
		"too long":    `{"large": 3e14, "small": 1e14` + strings.Repeat(" ", speedsSize) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.WriteFile(gpuFile(folder, 0, "a GPU")+".speeds", []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			tune(t, folder, 0, "a GPU", 1)
			tune(t, folder, 0, "a GPU", 0)
		})
	}
}

// A GPU that cannot be measured goes by what it supposes, and is asked again.
func TestTuneFails(t *testing.T) {
	folder := t.TempDir()
	d := &tuned{err: errors.New("something else uses the GPU"), speeds: device.Speeds{"large": 1, "small": 1}}
	for range 2 {
		d.used = device.Speeds{"large": 1}
		tuner{folder: folder}.tune(d)
		if d.used != nil {
			t.Errorf("used are %v", d.used)
		}
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 0 || d.measured != 2 {
		t.Errorf("measured %d times, %d files kept, %v", d.measured, len(files), err)
	}
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	d.err = nil
	tuner{folder: filepath.Join(file, "no folder")}.tune(d)
	if !maps.Equal(d.used, d.speeds) {
		t.Error("speeds that cannot be kept are not used")
	}
	// a device on which no time passes, for one
	made, err := cuda.New(func(int) (driver.Driver, error) { return driver.Idle(1 << 30), nil }, cuda.Options{Precision: cuda.Exact})
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	tuner{folder: folder}.tune(made.(*cuda.Device))
	if files, err := os.ReadDir(folder); err != nil || len(files) != 1 {
		t.Errorf("%d files, %v", len(files), err)
	}
}

// GPUs are tuned when they are opened, but for float32, and opening never fails by it.
func TestOpeningTunes(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("LocalAppData", cache)
	t.Setenv("HOME", cache)
	for _, c := range []struct {
		o        studio.EngineOptions
		err      error
		measured int
	}{
		{studio.EngineOptions{Device: "auto", Precision: "fp32"}, nil, 0},
		{studio.EngineOptions{Device: "cpu"}, nil, 0},
		{studio.EngineOptions{Device: "card"}, nil, 0},
		{studio.EngineOptions{Device: "auto"}, errors.New("the GPU has stopped"), 1},
		{studio.EngineOptions{Device: "auto"}, nil, 1},
		{studio.EngineOptions{Device: "cuda-mma", Precision: "bf16"}, nil, 0}, // kept
		{studio.EngineOptions{Device: "cuda", GPU: 1}, nil, 1},
	} {
		g := &tuned{err: c.err, speeds: device.Speeds{"large": 3, "small": 2}}
		d, err := openDevice(c.o, func(cuda.Options) (device.Device, error) { return g, nil })
		if err != nil {
			t.Fatal(err)
		}
		d.Close()
		if g.measured != c.measured {
			t.Errorf("%+v: measured %d times, want %d", c.o, g.measured, c.measured)
		}
	}
}
