package bench

import (
	"fmt"
	"math"

	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/quant"
)

// packedProducts are so many one after the other, each with a weight of its own: all
// together do not stay in a GPU's cache.
const packedProducts = 16

// packed measures products of few rows with weights that are stored in fewer bits: a
// prompt's tokens through the text encoder, and the one row of time. What they need at
// least is to read the weights. Where the device has several ways, they are compared.
func (b *bench) packed() error {
	width, rows := 4096, []int{1, 32, 77, 256, 512}
	if b.Size == Tiny {
		width, rows = 256, []int{1}
	}
	ways := b.Ways
	defer func() { b.Ways = ways }()
	b.Ways = b.PackedWays
	for _, t := range []tensor.DType{tensor.F8E4M3, tensor.Q8_0, tensor.Q4K} {
		src, err := b.packedWeights(t, width)
		if err != nil {
			return err
		}
		for _, m := range rows {
			c := clip{name: fmt.Sprint(m, " rows")}
			if b.Size == Tiny {
				c.name = "tiny"
			}
			o := operation{fmt.Sprintf("%d products in %v", packedProducts, t), 0, packedProducts * float64(t.Size(width*width)), func(s *graph.Scope) *graph.Node {
				x := s.Input("x", tensor.F32, m, width)
				for i := range packedProducts {
					x = x.Linear(s.Weight(fmt.Sprint("w", i), width, width), nil, graph.NoAct)
				}
				return x
			}}
			if err := b.operationOf(c, o, src); err != nil {
				return fmt.Errorf("%s of %s: %w", o.name, c.name, err)
			}
		}
	}
	return nil
}

// packedWeights are squares of random numbers, the same ones in each.
func (b *bench) packedWeights(t tensor.DType, width int) (weights.Source, error) {
	v := make([]float32, min(width*width, 1<<20))
	for i := range v {
		v[i] = b.source().pool[i] / float32(math.Sqrt(float64(width)))
	}
	once := make([]byte, t.Size(len(v)))
	if err := quant.Narrow(once, t, v); err != nil {
		return nil, fmt.Errorf("weights of %v: %w", t, err)
	}
	data := make([]byte, t.Size(width*width))
	for at := 0; at < len(data); at += copy(data[at:], once) {
	}
	src := weights.Map{}
	for i := range packedProducts {
		src[fmt.Sprint("w", i)] = weights.Entry{DType: t, Shape: tensor.Shape{width, width}, Data: data}
	}
	return src, nil
}
