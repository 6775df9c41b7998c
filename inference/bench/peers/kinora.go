package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"kinora/inference/bench/made"
	"kinora/inference/device"
	"kinora/inference/device/cpu"
	"kinora/inference/device/cpu/simd"
	"kinora/inference/families/wan"
	"kinora/inference/graph"
	"kinora/inference/model"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// kinora is this engine. What it is given and what comes out lie in scratch, so that
// others can be held to it.
type kinora struct {
	build          wan.Build
	threads, steps int
	bf16           bool // multiplies so
	scratch        string
}

func (e *kinora) name() string { return "Kinora" }

func (e *kinora) ready(context.Context) (string, error) {
	level := simd.Best()
	if e.bf16 {
		var ok bool
		if level, ok = simd.BF16(); !ok {
			return "", errors.New("this processor does not multiply bfloat16 numbers")
		}
	}
	return level.String(), nil
}

func (e *kinora) takes(kind) bool { return true }

// timestep is where on the way the step is.
const timestep = 500

func (e *kinora) round(ctx context.Context, checkpoint string, k kind, clips []clip) (_ map[clip]result, err error) {
	src, err := weights.Open(checkpoint)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	m, err := denoiser(e.build, src)
	if err != nil {
		return nil, err
	}
	dev := cpu.New(cpu.Options{Threads: e.threads, BF16: e.bf16})
	defer func() { err = errors.Join(err, dev.Close()) }()

	text := made.Normal("text", textLen*e.build.TextDim, 1, 0)
	condition, err := e.program(dev, src, nil, func(s *graph.Scope) *graph.Node {
		return m.Condition(s, s.Input("text", tensor.F32, textLen, e.build.TextDim), textLen)
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, condition.Close()) }()
	if err := errors.Join(e.save("text", text), condition.In("text").Write(tensor.Bytes(text)), condition.Run(ctx)); err != nil {
		return nil, err
	}
	all := map[clip]result{}
	for _, c := range clips {
		if all[c], err = e.step(ctx, dev, src, condition, m, k, c); err != nil {
			return nil, fmt.Errorf("%v: %w", c, err)
		}
	}
	return all, nil
}

// step runs one denoiser step several times, after once to warm up.
func (e *kinora) step(ctx context.Context, dev device.Device, src weights.Source, condition device.Program, m *wan.Wan, k kind, c clip) (r result, err error) {
	t, h, w := c.latent()
	p, err := e.program(dev, src, condition, func(s *graph.Scope) *graph.Node {
		text := s.Input("condition", tensor.F32, 2*e.build.Layers, textLen, e.build.Dim)
		return m.Denoise(s, s.Input("x", tensor.F32, t, h, w, e.build.Channels), s.Input("t", tensor.F32, 1), []*graph.Node{text}, 0)[0]
	})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	x := made.Normal(c.String(), t*h*w*e.build.Channels, 1, 0)
	if err := errors.Join(e.save(c.String(), x), p.In("x").Write(tensor.Bytes(x)), p.In("t").Write(tensor.Bytes([]float32{timestep})),
		p.In("condition").Copy(condition.Out(0))); err != nil {
		return r, err
	}
	for i := range e.steps + 1 {
		begun := clockOf(os.Getpid())
		if err := p.Run(ctx); err != nil {
			return r, err
		}
		if i > 0 {
			r.add(clockOf(os.Getpid()).since(begun))
		}
	}
	y := make([]float32, len(x))
	if err := p.Out(0).Read(tensor.Bytes(y)); err != nil {
		return r, err
	}
	return r, e.save(c.String()+"-"+k.name, y)
}

func (e *kinora) program(dev device.Device, src weights.Source, with device.Program, draw func(s *graph.Scope) *graph.Node) (device.Program, error) {
	g, err := graph.Build(src.Info, func(s *graph.Scope) []*graph.Node { return []*graph.Node{draw(s)} })
	if err != nil {
		return nil, err
	}
	p, err := device.Compile(dev, g)
	if err != nil {
		return nil, err
	}
	return dev.Load(p, src, with)
}

func (e *kinora) save(name string, v []float32) error {
	return os.WriteFile(filepath.Join(e.scratch, name+".f32"), tensor.Bytes(v), 0o644)
}

// denoiser is a model of which only the denoiser is ever drawn; the other parts are
// shapes, as small as fit.
func denoiser(b wan.Build, src weights.Source) (*wan.Wan, error) {
	entry := func(shape ...int) weights.Entry { return weights.Entry{DType: tensor.F32, Shape: shape} }
	return wan.New(model.Checkpoint{Name: "random", Denoiser: src,
		Text: weights.Map{"token_embedding.weight": entry(32, b.TextDim), "blocks.0.pos_embedding.embedding.weight": entry(32, 64)},
		VAE:  weights.Map{"encoder.conv1.weight": entry(8, 12, 3, 3, 3), "conv2.weight": entry(b.Channels, b.Channels, 1, 1, 1)},
	}, wan.Config{TextLen: textLen, Mean: make([]float32, b.Channels), Std: make([]float32, b.Channels)})
}
