package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"kinora/app/studio"
	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/cpu"
	"kinora/inference/device/cuda"
)

// A gpu stands for an opened one.
type gpu struct {
	device.Device
	broken error
	closed int
}

func (g *gpu) Name() string  { return "cuda: Test GPU" }
func (g *gpu) Broken() error { return g.broken }
func (g *gpu) Close() error  { g.closed++; return nil }

func TestOpenDevice(t *testing.T) {
	missing := fmt.Errorf("%w: the NVIDIA driver is too old: it speaks CUDA 11.2, and 11.4 is needed", inference.ErrNoDevice)
	vet := vetter{gpu: 1, limit: vetLimit}
	for _, c := range []struct {
		device    string
		precision string
		err       error
		want      string // the device's name, or the error
		asked     cuda.Options
	}{
		{"auto", "", nil, "cuda: Test GPU", cuda.Options{Small: cuda.SmallModel, Vet: vet, Index: 1, Least: least}},
		{"", "fp32", nil, "cuda: Test GPU", cuda.Options{Small: cuda.SmallModel, Vet: vet, Index: 1, Least: least, Precision: cuda.Exact}},
		{"auto", "", missing, "cpu", cuda.Options{Small: cuda.SmallModel, Vet: vet, Index: 1, Least: least}},
		{"cuda", "bf16", nil, "cuda: Test GPU", cuda.Options{Small: cuda.SmallModel, Vet: vet, Index: 1, Precision: cuda.Fast}},
		{"cuda-mma", "", nil, "cuda: Test GPU", cuda.Options{Small: cuda.SmallModel, Vet: vet, Index: 1, Mma: true}},
		{"cuda", "", missing, missing.Error(), cuda.Options{Small: cuda.SmallModel, Vet: vet, Index: 1}},
		{"cpu", "", nil, "cpu", cuda.Options{}},
		{"card", "", nil, "cuda: a card of 24.0 GB", cuda.Options{}},
		{"abacus", "", nil, `no such device: "abacus"; choose auto, cpu, cuda or cuda-mma`, cuda.Options{}},
	} {
		var asked cuda.Options
		d, err := openDevice(studio.EngineOptions{Device: c.device, GPU: 1, Precision: c.precision}, func(o cuda.Options) (device.Device, error) {
			if o.Pinnable == nil || o.Pinnable() <= 0 || o.Pinnable() > 12<<30 {
				t.Error("of the computer's memory too much or nothing may be held")
			}
			o.Pinnable = nil
			if asked = o; c.err != nil {
				return nil, c.err
			}
			return &gpu{}, nil
		})
		got := ""
		if err != nil {
			got = err.Error()
			if !errors.Is(err, inference.ErrNoDevice) {
				t.Errorf("%s: %v is another kind of error", c.device, err)
			}
		} else {
			got = d.Name()
			d.Close()
		}
		if got != c.want || !reflect.DeepEqual(asked, c.asked) {
			t.Errorf("%q: %s, asked for %+v; want %s, %+v", c.device, got, asked, c.want, c.asked)
		}
	}
}

// The window lists models before any GPU is touched; a GPU that stopped is opened
// anew for the next clip.
func TestEngineOpensLate(t *testing.T) {
	made, err := newEngine(studio.EngineOptions{Device: "auto"})
	if err != nil {
		t.Fatal(err)
	}
	e := made.(*engine)
	if got := e.Machine(); got != "auto" {
		t.Errorf("before anything is opened, the machine is %q", got)
	}
	opened, d := 0, &gpu{}
	e.open = func() (device.Device, error) { opened++; return d, nil }
	if len(e.Models()) == 0 || opened != 0 {
		t.Fatalf("%d models, opened %d times", len(e.Models()), opened)
	}
	if _, _, err := e.Check(inference.Request{Prompt: "x"}); err != nil || opened != 0 {
		t.Fatal(err, opened)
	}
	bad := inference.Request{Model: "no such model", Prompt: "x"}
	for range 2 {
		if _, err := e.Generate(context.Background(), bad, nil); !errors.Is(err, inference.ErrNoModel) {
			t.Fatal(err)
		}
	}
	if opened != 1 || d.closed != 0 {
		t.Errorf("opened %d times, closed %d", opened, d.closed)
	}
	if got := e.Machine(); got != "cuda: Test GPU" {
		t.Errorf("the machine is %q", got)
	}
	d.broken = errors.New("illegal address")
	e.Generate(context.Background(), bad, nil)
	d = &gpu{}
	e.Generate(context.Background(), bad, nil)
	if opened != 2 {
		t.Errorf("opened %d times after it stopped, want 2", opened)
	}
	if err := e.Close(); err != nil || d.closed != 1 {
		t.Error(err, d.closed)
	}
}

// A driver may refuse a process that lost its context: auto goes on on the CPU, cuda
// says what happened.
func TestEngineGoesOnWithoutTheGPU(t *testing.T) {
	for _, c := range []struct{ device, machine, err string }{
		{"auto", "cpu", ""},
		{"cuda", "cuda: Test GPU", "illegal address"},
	} {
		made, err := newEngine(studio.EngineOptions{Device: "auto"})
		if err != nil {
			t.Fatal(err)
		}
		e := made.(*engine)
		first := &gpu{}
		d := device.Device(first)
		e.open = func() (device.Device, error) {
			return openDevice(studio.EngineOptions{Device: c.device}, func(cuda.Options) (device.Device, error) {
				if d == nil {
					return nil, fmt.Errorf("%w: start on Test GPU: IllegalAddress", inference.ErrNoDevice)
				}
				return d, nil
			})
		}
		bad := inference.Request{Model: "no such model", Prompt: "x"}
		first.broken = errors.New("illegal address")
		e.Generate(context.Background(), bad, nil)
		d = nil
		_, err = e.Generate(context.Background(), bad, nil)
		if c.err == "" && !errors.Is(err, inference.ErrNoModel) || c.err != "" && (!errors.Is(err, inference.ErrNoDevice) || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: %v", c.device, err)
		}
		if got := e.Machine(); !strings.HasPrefix(got, c.machine) {
			t.Errorf("%s goes on on %s", c.device, got)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A plan opens the device that the clip is then made on, and both go by the options.
func TestPlanOpensTheDevice(t *testing.T) {
	made, err := newEngine(studio.EngineOptions{Device: "cpu", Threads: 1, Memory: 1e9, TextFolder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	e := made.(*engine)
	defer e.Close()
	opened, open := 0, e.open
	e.open = func() (device.Device, error) { opened++; return open() }
	r := inference.Request{Prompt: "a red circle", Width: 64, Height: 64, Frames: 5, Steps: 1}
	m, err := e.Plan(r)
	if err != nil || m.Room != 1e9 || m.Peak <= 0 || opened != 1 {
		t.Fatalf("room %d, peak %d, opened %d times: %v", m.Room, m.Peak, opened, err)
	}
	if want := "cpu, 1 threads of " + runtime.GOARCH; e.Machine() != want {
		t.Errorf("the machine is %q, want %q", e.Machine(), want)
	}
	if _, err := e.Generate(t.Context(), r, nil); err != nil || opened != 1 {
		t.Fatalf("opened %d times: %v", opened, err)
	}
	if kept, _ := os.ReadDir(e.asked.TextFolder); len(kept) == 0 {
		t.Error("no encoded prompt was kept")
	}
	e.options.Memory = 1e6
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Generate(t.Context(), r, nil); !errors.Is(err, inference.ErrNoMemory) {
		t.Errorf("a clip in 1 MB: %v", err)
	}
}

// Models that are not there are planned for, on a GPU that is not there.
func TestPlanOnACard(t *testing.T) {
	e, err := newEngine(studio.EngineOptions{Device: "card", Memory: 8e9})
	if err != nil {
		t.Fatal(err)
	}
	for name := range outlines {
		m, err := e.(inference.Planner).Plan(inference.Request{Model: name})
		if err != nil || m.Peak > 8e9 || m.Peak < 1e9 || m.Device != "cuda: a card of 8.0 GB" {
			t.Errorf("%s: %d bytes on %s: %v", name, m.Peak, m.Device, err)
		}
	}
}

// What changes the speed of a device is part of its machine's name.
func TestMachine(t *testing.T) {
	for want, o := range map[string]studio.EngineOptions{
		"cuda: Test GPU":                         {Threads: 3},
		"cuda: Test GPU, fp32, launch by launch": {Precision: "fp32", Plain: true},
	} {
		if got := machineOf(&gpu{}, o); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	d := cpu.New(cpu.Options{Threads: 1})
	defer d.Close()
	want := "cpu, 3 threads of " + runtime.GOARCH
	if got := machineOf(d, studio.EngineOptions{Threads: 3, Precision: "fp32"}); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if cpu.BF16() {
		want += ", bf16"
	}
	if got := machineOf(d, studio.EngineOptions{Threads: 3, Precision: "bf16"}); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
