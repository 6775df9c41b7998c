package main

import (
	"fmt"
	"io"

	"kinora/app/library"
	"kinora/app/studio"
	"kinora/assets"
	"kinora/inference"
	"kinora/inference/device/cpu"
	"kinora/inference/pipeline"
)

// newEngine opens the engine that o asks for, over the built-in model and those
// in the folder of models.
func newEngine(o studio.EngineOptions) (inference.Engine, error) {
	switch o.Device {
	case "", "auto", "cpu":
	case "cuda":
		return nil, fmt.Errorf("%w: this build has no CUDA support; choose --device cpu", inference.ErrNoDevice)
	default:
		return nil, fmt.Errorf("%w: %q; choose auto, cpu or cuda", inference.ErrNoDevice, o.Device)
	}
	var folders []string
	if o.ModelFolder != "" {
		folders = append(folders, o.ModelFolder)
	}
	lib, err := library.New(assets.Starter(), folders...)
	if err != nil {
		return nil, err
	}
	dev := cpu.New(cpu.Options{Threads: o.Threads})
	return engine{pipeline.New(dev, lib), dev}, nil
}

// An engine is a pipeline with the device to close after it.
type engine struct {
	*pipeline.Pipeline
	io.Closer
}

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
