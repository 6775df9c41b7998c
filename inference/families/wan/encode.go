package wan

import (
	"fmt"

	"kinora/inference/graph"
)

// Encode draws the encoder for the first frame of a clip, or for four later ones:
// [T,H,W,3] to the normalised mean of one latent frame.
func (m *Wan) Encode(s *graph.Scope, frames *graph.Node, first bool) *graph.Node {
	c := chunk{first}
	e := s.At("encoder")
	x := e.Tap("conv1", c.conv(e, "conv1", m.patch(s, frames)))
	for i := range layers(m.parts.VAE, "encoder.downsamples.") {
		x = e.Tap(fmt.Sprint("down", i), c.down(e.At("downsamples", i), x, layers(m.parts.VAE, fmt.Sprintf("encoder.downsamples.%d.downsamples.", i))))
	}
	x = c.middle(e.At("middle"), x)
	x = e.Tap("out", c.headOf(e.At("head"), x))
	z := m.traits.Channels
	w, b := s.Param("conv1.weight", 2*z, 2*z), s.Param("conv1.bias", 2*z)
	mu := s.Tap("mu", x.Linear(w.Slice(0, z), b.Slice(0, z), graph.NoAct))
	inv, off := make([]float32, z), make([]float32, z)
	for i := range z {
		inv[i] = 1 / m.cfg.Std[i]
		off[i] = -m.cfg.Mean[i]
	}
	return mu.Add(s.Const(off, z)).Mul(s.Const(inv, z))
}

// down is Down_ResidualBlock, the mirror of up: its shortcut is there in every
// stage.
func (c chunk) down(s *graph.Scope, x *graph.Node, blocks int) *graph.Node {
	in := x
	attr := graph.ResampleAttr{Time: 1, Space: 1}
	for j := range blocks {
		b := s.At("downsamples", j)
		if !b.Has("resample.1.weight") {
			x = b.Tap("res", c.residual(b, x))
			continue
		}
		attr.Space = 2
		if b.Has("time_conv.weight") {
			attr.Time = 2
			if c.first {
				attr.Skip = 1
			}
		}
		x = c.downsample(b, x)
		s.Tap("resample", x)
	}
	if attr.Time > 1 || attr.Space > 1 || !in.Shape.Equal(x.Shape) {
		in = in.AvgDown(x.Shape[3], attr)
	}
	return x.Add(s.Tap("shortcut", in))
}

// downsample is Resample's downsample2d, or downsample3d where it has a time
// convolution.
func (c chunk) downsample(s *graph.Scope, x *graph.Node) *graph.Node {
	w := s.Weight("resample.1.weight", s.Shape("resample.1.weight")...)
	x = x.Conv3D(w, bias(s.At("resample.1")), nil, graph.Conv3DAttr{Pad: [4]int{0, 1, 0, 1}, Stride: [3]int{1, 2, 2}})
	if s.Has("time_conv.weight") {
		x = c.halveTime(s.At("time_conv"), x)
	}
	return x
}

// halveTime leaves the first frame of a clip as it is; then every two frames
// become one, which sees the frame before them.
func (c chunk) halveTime(s *graph.Scope, x *graph.Node) *graph.Node {
	return c.cached(s, x, 1, !c.first, func(cache *graph.Node) *graph.Node {
		if cache == nil {
			return x
		}
		k := s.Shape("weight")
		return x.Conv3D(s.Weight("weight", k...), bias(s), cache, graph.Conv3DAttr{Stride: [3]int{2, 1, 1}})
	})
}

// patch turns pixels into channels (colour, x, y).
func (m *Wan) patch(s *graph.Scope, x *graph.Node) *graph.Node {
	t, h, w := x.Shape[0], x.Shape[1], x.Shape[2]
	p := m.patchSize(s)
	return x.View(t, h/p, p, w/p, p, 3).Permute(0, 1, 3, 5, 4, 2).View(t, h/p, w/p, 3*p*p)
}
