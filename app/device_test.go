package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"kinora/app/studio"
	"kinora/inference"
	"kinora/inference/device"
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
	for _, c := range []struct {
		device    string
		precision string
		err       error
		want      string // the device's name, or the error
		asked     cuda.Options
	}{
		{"auto", "", nil, "cuda: Test GPU", cuda.Options{Index: 1, Least: least}},
		{"", "fp32", nil, "cuda: Test GPU", cuda.Options{Index: 1, Least: least, Precision: cuda.Exact}},
		{"auto", "", missing, "cpu", cuda.Options{Index: 1, Least: least}},
		{"cuda", "bf16", nil, "cuda: Test GPU", cuda.Options{Index: 1, Precision: cuda.Fast}},
		{"cuda", "", missing, missing.Error(), cuda.Options{Index: 1}},
		{"cpu", "", nil, "cpu", cuda.Options{}},
		{"abacus", "", nil, `no such device: "abacus"; choose auto, cpu or cuda`, cuda.Options{}},
	} {
		var asked cuda.Options
		d, err := openDevice(studio.EngineOptions{Device: c.device, GPU: 1, Precision: c.precision}, func(o cuda.Options) (device.Device, error) {
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
		if got != c.want || asked != c.asked {
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
