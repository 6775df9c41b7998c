package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"sync"

	"kinora/app/disk"
	"kinora/app/library"
	"kinora/app/studio"
	"kinora/app/texts"
	"kinora/assets"
	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/cpu"
	"kinora/inference/device/cuda"
	"kinora/inference/device/paper"
	"kinora/inference/pipeline"
)

// cores is how many threads compute unless the settings say otherwise; the window
// takes more for itself later.
var cores = runtime.GOMAXPROCS(0)

// newEngine opens the engine that o asks for, over the built-in model and those
// in the folder of models.
func newEngine(o studio.EngineOptions) (inference.Engine, error) {
	dev, err := openDevice(o)
	if err != nil {
		return nil, err
	}
	var folders []string
	if o.ModelFolder != "" {
		folders = append(folders, o.ModelFolder)
	}
	lib, err := library.New(assets.Starter(), folders...)
	if err != nil {
		dev.Close()
		return nil, err
	}
	opt := pipeline.Options{Memory: o.Memory}
	if o.TextFolder != "" {
		opt.Texts = texts.In(disk.OS{}, o.TextFolder)
	}
	machine := dev.Name()
	if machine == "cpu" {
		machine = fmt.Sprintf("cpu, %d threads of %s", threads(o), runtime.GOARCH)
	}
	return engine{pipeline.New(dev, lib).With(opt), dev, lib, machine, dev, opt}, nil
}

// threads is how many o asks for.
func threads(o studio.EngineOptions) int {
	if o.Threads == 0 {
		return cores
	}
	return o.Threads
}

// openDevice opens the device that o names. Auto is the CPU for as long as the
// kernels have not been seen right on a GPU; cuda must be asked for.
func openDevice(o studio.EngineOptions) (device.Device, error) {
	switch o.Device {
	case "", "auto", "cpu":
		return cpu.New(cpu.Options{Threads: threads(o)}), nil
	case "card": // one that need not be there, for plans
		if o.Memory == 0 {
			o.Memory = 24e9
		}
		return paper.Card(o.Memory), nil
	case "cuda":
		return cuda.Open(cuda.Options{Index: o.GPU})
	}
	return nil, fmt.Errorf("%w: %q; choose auto, cpu or cuda", inference.ErrNoDevice, o.Device)
}

// An engine is a pipeline with the device to close after it, and the library that
// knows what is wrong with models.
type engine struct {
	*pipeline.Pipeline
	io.Closer
	library *library.Library
	machine string
	device  device.Device
	options pipeline.Options
}

// Machine names what clips are made on, as far as it changes their speed.
func (e engine) Machine() string { return e.machine }

// Fingerprint tells the weights of a model from all others.
func (e engine) Fingerprint(model string) string { return e.library.Fingerprint(model) }

// Faults tells which folders look like models and cannot be used, and why.
func (e engine) Faults() map[string]error { return e.library.Faults() }

// Identity is the hash and size of the built-in model.
func (engine) Identity() (hash string, bytes int64) { return starter() }

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
