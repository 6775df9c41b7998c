package main

import (
	"fmt"

	"kinora/app/studio"
	"kinora/inference"
)

// newEngine opens the engine that o asks for.
func newEngine(o studio.EngineOptions) (inference.Engine, error) {
	return nil, fmt.Errorf("%w: this build has no engine", inference.ErrNoDevice)
}

// examples are prompts worth trying with a model.
func examples(model string) []studio.Example { return nil }
