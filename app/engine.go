package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"sync"

	"kinora/app/disk"
	"kinora/app/library"
	"kinora/app/studio"
	"kinora/app/texts"
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
// it is told early when it is not there; else the first plan or clip opens the device.
func newEngine(o studio.EngineOptions) (inference.Engine, error) {
	var folders []string
	if o.ModelFolder != "" {
		folders = append(folders, o.ModelFolder)
	}
	lib, err := library.NewWith(assets.Starter(), append(folders, o.MoreFolders...), o.Found, o.Memory)
	if err != nil {
		return nil, err
	}
	opt := pipeline.Options{Memory: o.Memory}
	if o.TextFolder != "" {
		opt.Texts = texts.In(disk.OS{}, o.TextFolder)
	}
	e := &engine{Pipeline: pipeline.New(nil, lib), library: lib, asked: o, options: opt,
		open: func() (device.Device, error) { return openDevice(o, cuda.Open) }}
	if strings.HasPrefix(o.Device, "cuda") {
		_, err = e.ready()
	}
	return e, err
}

// An engine is a pipeline that has its device from the first plan or clip on, and
// takes another when a GPU has stopped; and the library that knows what is wrong
// with models.
type engine struct {
	*pipeline.Pipeline // without a device: it lists and checks
	library            *library.Library
	asked              studio.EngineOptions
	options            pipeline.Options
	open               func() (device.Device, error)

	planning sync.RWMutex // Close waits for plans
	mu       sync.Mutex
	working  *working
	machine  string // of the device opened last
	lost     error  // what ended the last GPU
}

// working is a pipeline and its device.
type working struct {
	*pipeline.Pipeline
	dev device.Device
}

func (e *engine) ready() (*working, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.working != nil {
		return e.working, nil
	}
	dev, err := e.open()
	if err != nil && e.lost != nil { // a driver may refuse a process whose context was lost
		return nil, fmt.Errorf("%w: the GPU stopped in an earlier clip (%w) and does not start again for this run of Kinora; close Kinora and start it anew, or choose the CPU", err, e.lost)
	}
	if err != nil {
		return nil, err
	}
	e.working = &working{pipeline.New(dev, e.library).With(e.options), dev}
	e.machine = machineOf(dev, e.asked)
	return e.working, nil
}

// Generate implements inference.Engine. After a clip that ended with the GPU's
// context, the device is opened anew for the next; where the driver refuses that, auto
// takes the CPU, and cuda ends with what happened.
func (e *engine) Generate(ctx context.Context, r inference.Request, report func(inference.Progress)) (*inference.Clip, error) {
	w, err := e.ready()
	if err != nil {
		return nil, err
	}
	clip, err := w.Generate(ctx, r, report)
	if b, ok := w.dev.(interface{ Broken() error }); ok && b.Broken() != nil {
		err = errors.Join(err, e.Close())
		e.mu.Lock()
		e.lost = b.Broken()
		e.mu.Unlock()
	}
	return clip, err
}

// Close gives the device back.
func (e *engine) Close() error {
	e.planning.Lock()
	defer e.planning.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	w := e.working
	if w == nil {
		return nil
	}
	e.working = nil
	return w.dev.Close()
}

// Machine names what clips are made on, as far as it changes their speed. It is
// asked after a plan or a clip, and so opens no device of its own accord; where there
// was neither, only what was asked for is known.
func (e *engine) Machine() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.machine == "" {
		return e.asked.Device
	}
	return e.machine
}

// Fingerprint tells the weights that a request asks for from all others.
func (e *engine) Fingerprint(r inference.Request) string { return e.library.Fingerprint(r) }

// Adapters lists the LoRAs there are.
func (e *engine) Adapters() []inference.Adapter { return e.library.Adapters() }

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
