package pipeline

import (
	"kinora/inference/device"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/weights"
)

type drawing = func(s *graph.Scope) *graph.Node

// load draws, plans and loads one graph. States and prepared weights are shared
// with another program of the same source, if one is given.
func (t *take) load(src weights.Source, with device.Program, draw drawing) (device.Program, error) {
	if err := t.ctx.Err(); err != nil {
		return nil, err
	}
	p, err := t.plan(src, draw)
	if err != nil {
		return nil, err
	}
	return t.dev.Load(p, src, with)
}

// cost returns the floating-point operations of a run.
func (t *take) cost(src weights.Source, draw drawing) (float64, error) {
	p, err := t.plan(src, draw)
	if err != nil {
		return 0, err
	}
	return p.Flops(), nil
}

func (t *take) plan(src weights.Source, draw drawing) (*plan.Plan, error) {
	g, err := graph.Build(src.Info, func(s *graph.Scope) []*graph.Node { return []*graph.Node{draw(s)} })
	if err != nil {
		return nil, err
	}
	return device.Compile(t.dev, g)
}
