package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"sync"

	"kinora/app/library"
	"kinora/app/studio"
	"kinora/assets"
	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/cuda"
	"kinora/inference/pipeline"
)

// cores is how many threads compute unless the settings say otherwise; the window
// takes more for itself later.
var cores = runtime.GOMAXPROCS(0)

// newEngine makes the engine that o asks for, over the built-in model and those in
// the folder of models. A GPU that is asked for by name is opened at once, so that
// it is told early when it is not there; else the first clip opens the device.
func newEngine(o studio.EngineOptions) (inference.Engine, error) {
	var folders []string
	if o.ModelFolder != "" {
		folders = append(folders, o.ModelFolder)
	}
	lib, err := library.New(assets.Starter(), folders...)
	if err != nil {
		return nil, err
	}
	e := &engine{Pipeline: pipeline.New(nil, lib), library: lib, open: func() (device.Device, error) { return openDevice(o, cuda.Open) }}
	if o.Device == "cuda" {
		_, err = e.ready()
	}
	return e, err
}

// An engine is a pipeline that has its device from the first clip on, and takes
// another when a GPU has stopped; and the library that knows what is wrong with
// models.
type engine struct {
	*pipeline.Pipeline // without a device: it lists and checks
	library            *library.Library
	open               func() (device.Device, error)

	mu      sync.Mutex
	dev     device.Device
	working *pipeline.Pipeline
}

func (e *engine) ready() (*pipeline.Pipeline, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.working != nil {
		return e.working, nil
	}
	dev, err := e.open()
	if err != nil {
		return nil, err
	}
	e.dev, e.working = dev, pipeline.New(dev, e.library)
	return e.working, nil
}

// Generate implements inference.Engine. After a clip that ended with the GPU's
// context, the device is opened anew for the next.
func (e *engine) Generate(ctx context.Context, r inference.Request, report func(inference.Progress)) (*inference.Clip, error) {
	p, err := e.ready()
	if err != nil {
		return nil, err
	}
	clip, err := p.Generate(ctx, r, report)
	if b, ok := e.dev.(interface{ Broken() error }); ok && b.Broken() != nil {
		err = errors.Join(err, e.Close())
	}
	return clip, err
}

// Close gives the device back.
func (e *engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dev == nil {
		return nil
	}
	dev := e.dev
	e.dev, e.working = nil, nil
	return dev.Close()
}

// Faults tells which folders look like models and cannot be used, and why.
func (e *engine) Faults() map[string]error { return e.library.Faults() }

// Identity is the hash and size of the built-in model.
func (*engine) Identity() (hash string, bytes int64) { return starter() }

var starter = sync.OnceValues(func() (hash string, bytes int64) {
	h := sha256.New()
	fs.WalkDir(assets.Starter(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if b, err := fs.ReadFile(assets.Starter(), name); err == nil {
				fmt.Fprintf(h, "%s %d\n", name, len(b))
				h.Write(b)
				bytes += int64(len(b))
			}
		}
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), bytes
})

// examples are prompts worth trying with a model.
func examples(model string) []studio.Example {
	lib, err := library.New(assets.Starter())
	if err != nil {
		return nil
	}
	var list []studio.Example
	all := lib.Examples(model)
	for _, situation := range situations {
		for _, e := range all[situation] {
			for _, prompt := range []string{e.English, e.Chinese} {
				if prompt != "" {
					list = append(list, studio.Example{Situation: situation, Prompt: prompt})
				}
			}
		}
	}
	return list
}

// situations are what Kinora is for, in the order they are offered.
var situations = []string{"class", "advertisement", "characters", "shapes"}
