package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"kinora/app/cli"
	"kinora/app/library"
	"kinora/assets"
	"kinora/inference"
	"kinora/inference/bench"
	"kinora/inference/device"
	"kinora/inference/device/cuda"
	"kinora/inference/pipeline"
)

// figures is what kinora bench --json prints.
type figures struct {
	Kinora string       `json:"kinora"`
	System string       `json:"system"`
	Device string       `json:"device"`
	About  string       `json:"about,omitempty"`
	NoCUDA string       `json:"no_cuda,omitempty"` // why the GPU is left alone
	Memory memory       `json:"memory_bytes"`
	Lines  []bench.Line `json:"measured"`
	Errors []string     `json:"errors,omitempty"`
	// Predicted was not measured: other machines, by a model of the work.
	Predicted predicted `json:"predicted"`
}

type memory struct {
	Free  int64 `json:"free"`
	Total int64 `json:"total"`
}

type predicted struct {
	Note string             `json:"note"`
	At   []bench.Prediction `json:"at"`
}

// predictedNote stands over every prediction.
const predictedNote = "PREDICTIONS, not measured: the published TI2V-5B by a model of its work, were kernels to reach that share of a card's rate (100 %: the floor; 88 %: good kernels; 28 %: ours on an H200, as first measured)"

// measure is kinora bench: this machine's device, and what others may be expected to
// do.
func measure(ctx context.Context, e cli.Env, o cli.BenchOptions) error {
	f := &figures{Kinora: version, System: fmt.Sprintf("%s/%s, %d threads", runtime.GOOS, runtime.GOARCH, cores)}
	report := func(l bench.Line) {
		f.Lines = append(f.Lines, l)
		if !o.JSON {
			fmt.Fprintln(e.Out, l)
		} else {
			fmt.Fprintln(e.Err, l)
		}
	}
	begun := time.Now()
	dev, err := openDevice(o.EngineOptions, func(c cuda.Options) (device.Device, error) {
		d, err := cuda.Open(c)
		if err != nil {
			f.NoCUDA = err.Error()
		}
		return d, err
	})
	if err != nil {
		return err
	}
	opened := time.Since(begun)
	defer dev.Close()
	f.Device = dev.Name()
	f.Memory.Free, f.Memory.Total = dev.Memory()
	size := bench.Full
	if d, ok := dev.(interface{ Describe() string }); ok {
		f.About = d.Describe()
	} else if !o.Whole {
		size = bench.Short
	}
	if o.Quick {
		size = bench.Tiny
	}
	if !o.JSON {
		f.head(e.Out)
	}
	if err := coldStart(ctx, dev, opened, o.Quick, report); err != nil {
		f.Errors = append(f.Errors, fmt.Sprintf("clip of the built-in model: %v", err))
	}
	b := bench.Options{Device: dev, Size: size, Report: report}
	if size == bench.Short {
		b.Runs, b.Blocks = 3, 1
	}
	_, errs := bench.Run(ctx, b)
	for _, err := range errs {
		f.Errors = append(f.Errors, err.Error())
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f.Predicted.Note = predictedNote
	for _, share := range []float64{1, bench.Good, bench.Reached} {
		f.Predicted.At = append(f.Predicted.At, bench.Predict(share)...)
	}
	if o.JSON {
		enc := json.NewEncoder(e.Out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		err = enc.Encode(f)
	} else {
		f.tail(e.Out)
	}
	if len(f.Errors) > 0 {
		err = errors.Join(err, fmt.Errorf("%d parts could not be measured; the first: %s", len(f.Errors), f.Errors[0]))
	}
	return err
}

// coldStart makes the first clip of the built-in model, as it is by itself, and
// tells how long that took from opening the device on, and its stages.
func coldStart(ctx context.Context, dev device.Device, opened time.Duration, quick bool, report func(bench.Line)) error {
	begun := time.Now()
	lib, err := library.New(assets.Starter())
	if err != nil {
		return err
	}
	p := pipeline.New(dev, lib)
	r := inference.Request{Prompt: "a red circle moves to the right", Seed: 1}
	if quick {
		r.Width, r.Height, r.Frames, r.Steps = 64, 64, 5, 1
	}
	r, _, err = p.Check(r)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%dx%dx%d", r.Width, r.Height, r.Frames)
	if _, err := p.Generate(ctx, r, nil); err != nil {
		return err
	}
	first := time.Since(begun)
	report(bench.Line{Name: "opening the device", Seconds: opened.Seconds()})
	report(bench.Line{Name: "cold start to the built-in model's first clip", Clip: name, Seconds: (opened + first).Seconds()})
	begun = time.Now()
	clip, err := p.Generate(ctx, r, nil)
	if err != nil {
		return err
	}
	report(bench.Line{Name: "built-in model, the next clip", Clip: name, Seconds: time.Since(begun).Seconds()})
	steps := float64(max(1, r.Steps))
	report(bench.Line{Name: "built-in model, a step", Clip: name, Seconds: clip.Timings[inference.Denoising].Seconds() / steps})
	report(bench.Line{Name: "built-in model, decoding", Clip: name, Seconds: clip.Timings[inference.Decoding].Seconds()})
	return nil
}

func (f *figures) head(w io.Writer) {
	fmt.Fprintf(w, "Kinora %s on %s\n%s, %.1f of %.1f GB free\n", f.Kinora, f.System, f.Device, float64(f.Memory.Free)/(1<<30), float64(f.Memory.Total)/(1<<30))
	if f.About != "" {
		fmt.Fprintln(w, f.About)
	}
	if f.NoCUDA != "" {
		fmt.Fprintf(w, "no GPU: %s\n", f.NoCUDA)
	}
	fmt.Fprintln(w)
}

func (f *figures) tail(w io.Writer) {
	for _, e := range f.Errors {
		fmt.Fprintf(w, "not measured: %s\n", e)
	}
	fmt.Fprintf(w, "\n%s.\n", f.Predicted.Note)
	share := 0.0
	for _, p := range f.Predicted.At {
		if p.Share != share {
			share = p.Share
			fmt.Fprintf(w, "\npredicted at %3.0f %% of the rate      guided step   decoding   clip of 20 steps\n", 100*share)
		}
		fmt.Fprintf(w, "    %-12s %-14s %12.3f s %8.2f s %12.1f s\n", p.Card, p.Clip, p.Step, p.Decode, p.Whole)
	}
}
