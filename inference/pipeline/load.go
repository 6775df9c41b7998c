package pipeline

import (
	"fmt"

	"kinora/inference/device"
	"kinora/inference/device/paper"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

type drawing = func(s *graph.Scope) *graph.Node

// A manifold draws a graph with several results.
type manifold = func(s *graph.Scope) []*graph.Node

func single(draw drawing) manifold {
	return func(s *graph.Scope) []*graph.Node { return []*graph.Node{draw(s)} }
}

// load draws, plans and loads one graph, in the way that was chosen for it. States
// and prepared weights are shared with another program of the same source, if one
// is given.
func (t *take) load(what string, src weights.Source, with device.Program, draw drawing) (device.Program, error) {
	return t.loadAll(what, src, with, single(draw))
}

func (t *take) loadAll(what string, src weights.Source, with device.Program, draw manifold) (device.Program, error) {
	if err := t.ctx.Err(); err != nil {
		return nil, err
	}
	g, err := t.graph(what, src, draw)
	if err != nil {
		return nil, err
	}
	p, err := t.fit(what, g, src, with)
	if err != nil {
		return nil, err
	}
	return t.dev.Load(p, src, with)
}

// graph draws, once for each name and size: planning asks for the same again and
// again.
func (t *take) graph(what string, src weights.Source, draw manifold) (*graph.Graph, error) {
	key := fmt.Sprint(what, t.shape)
	if g, ok := t.drawn[key]; ok {
		return g, nil
	}
	g, err := graph.Build(src.Info, draw)
	if err == nil && t.drawn != nil {
		t.drawn[key] = g
	}
	return g, err
}

// cost returns the floating-point operations of a run.
func (t *take) cost(what string, src weights.Source, draw drawing) (float64, error) {
	return t.costOf(what, src, single(draw))
}

func (t *take) costOf(what string, src weights.Source, draw manifold) (float64, error) {
	g, err := t.graph(what, src, draw)
	if err != nil {
		return 0, err
	}
	o := t.dev.Options()
	o.Map = true // where weights lie does not matter
	p, err := plan.Compile(g, o)
	if err != nil {
		return 0, err
	}
	return p.Flops(), nil
}

// alloc gives a buffer that ends with the take, or sooner with drop.
func (t *take) alloc(d tensor.DType, s tensor.Shape) (device.Buffer, error) {
	if p, ok := t.dev.(*paper.Device); ok {
		held, _ := p.Held()
		if need := d.Size(s.Len()); held+need > t.room {
			return nil, &errTight{"what is kept between steps", need, t.room - held}
		}
	}
	b, err := t.dev.Alloc(d, s)
	if err == nil {
		t.buffers = append(t.buffers, b)
	}
	return b, err
}

// end gives back whatever is left.
func (t *take) end() {
	t.keepOnHost(-t.onHost)
	t.dropAll()
}

// dropAll gives the memory of all buffers back.
func (t *take) dropAll() error {
	var err error
	for _, b := range t.buffers {
		if e := device.Free(b); e != nil && err == nil {
			err = e
		}
	}
	t.buffers = nil
	if t.mix != nil {
		if e := t.mix.Close(); e != nil && err == nil {
			err = e
		}
		t.mix, t.mixes = nil, 0
	}
	t.spare = nil
	return err
}
