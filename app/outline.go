package main

import (
	"slices"

	"kinora/app/library"
	"kinora/inference"
	"kinora/inference/families/wan"
	"kinora/inference/model"
	"kinora/inference/pipeline"
	"kinora/inference/tensor"
)

// outlines are models that can be planned for without being there.
var outlines = map[string]wan.Stored{
	"wan2.2-ti2v-5b":      {Denoiser: tensor.BF16, Text: tensor.BF16},
	"wan2.2-ti2v-5b-fp8":  {Denoiser: tensor.F8E4M3, Text: tensor.F8E4M3},
	"wan2.2-ti2v-5b-q8_0": {Denoiser: tensor.Q8_0, Text: tensor.Q8_0},
}

// An outlined library has one model, of shapes alone.
type outlined struct {
	*library.Library
	name string
}

func (o outlined) Models() []inference.Model {
	return []inference.Model{{Name: o.name, Title: o.name, SizeStep: 32, MaxSize: 1280, ImageToVideo: true,
		Default: inference.Request{Model: o.name, Width: 1280, Height: 704, Frames: 121, FPS: 24, Steps: 50, Guidance: 5, Shift: 5, Sampler: "unipc"}}}
}

func (o outlined) Open(string) (model.Checkpoint, func() error, error) {
	return wan.TI2V5B.Outline(o.name, outlines[o.name]), func() error { return nil }, nil
}

func (o outlined) Count(string, string) (tokens, most int) { return 0, 0 }

// Plan implements inference.Planner, also for models that are not there.
func (e *engine) Plan(r inference.Request) (inference.Memory, error) {
	e.planning.RLock()
	defer e.planning.RUnlock()
	w, err := e.ready()
	if err != nil {
		return inference.Memory{}, err
	}
	there := func(m inference.Model) bool { return m.Name == r.Model }
	if _, ok := outlines[r.Model]; !ok || slices.ContainsFunc(e.Models(), there) {
		return w.Plan(r)
	}
	return pipeline.New(w.dev, outlined{e.library, r.Model}).With(e.options).Plan(r)
}
