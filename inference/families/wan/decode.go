package wan

import (
	"fmt"

	"kinora/inference/graph"
)

// Decode draws the decoder for one latent frame z [1,h,w,C]; colours come out
// unclamped.
func (m *Wan) Decode(s *graph.Scope, z *graph.Node, first bool) *graph.Node {
	return m.Develop(s, m.Features(s, z, first), first)
}

// Features implements model.Tiler: up to and with the middle, where attention
// looks at the whole of a frame.
func (m *Wan) Features(s *graph.Scope, z *graph.Node, first bool) *graph.Node {
	c := chunk{first}
	x := z.Mul(s.Const(m.cfg.Std, len(m.cfg.Std))).Add(s.Const(m.cfg.Mean, len(m.cfg.Mean)))
	x = s.Tap("conv2", c.conv(s, "conv2", x))
	d := s.At("decoder")
	x = d.Tap("conv1", c.conv(d, "conv1", x))
	return c.middle(d.At("middle"), x)
}

// pieceFrames is how many frames go through the stages that no longer double time at
// once: there they take the most memory, and caches are what they need of each other.
const pieceFrames = 1

// Develop implements model.Tiler: the convolutions after that.
func (m *Wan) Develop(s *graph.Scope, x *graph.Node, first bool) *graph.Node {
	c := chunk{first}
	d := s.At("decoder")
	stages := layers(m.parts.VAE, "decoder.upsamples.")
	stage := func(x *graph.Node, i int) *graph.Node {
		return d.TapMore(fmt.Sprint("up", i), c.up(d.At("upsamples", i), x, m.stageBlocks(i)))
	}
	still := 0 // the first stage after all that double time
	for i := range stages {
		if d.At("upsamples", i, "upsamples", m.stageBlocks(i)-1).Has("time_conv.weight") {
			still = i + 1
		}
	}
	for i := range still {
		x = stage(x, i)
	}
	var pixels []*graph.Node
	for from := 0; from < x.Shape[0]; from += pieceFrames {
		y := x.Slice(from, min(from+pieceFrames, x.Shape[0]))
		for i := still; i < stages; i++ {
			y = stage(y, i)
		}
		pixels = append(pixels, m.unpatch(d.TapMore("out", c.headOf(d.At("head"), y))))
	}
	if len(pixels) == 1 {
		return pixels[0]
	}
	return graph.Join(pixels...)
}

// stageBlocks is how many blocks a stage of the decoder has.
func (m *Wan) stageBlocks(i int) int {
	return layers(m.parts.VAE, fmt.Sprintf("decoder.upsamples.%d.upsamples.", i))
}

// up is Up_ResidualBlock: residual blocks, then a resampling with a parameter-free
// shortcut beside the whole; the last stage has neither.
func (c chunk) up(s *graph.Scope, x *graph.Node, blocks int) *graph.Node {
	in := x
	for j := range blocks {
		b := s.At("upsamples", j)
		if !b.Has("resample.1.weight") {
			x = b.TapMore("res", c.residual(b, x))
			continue
		}
		attr := graph.ResampleAttr{Time: 1, Space: 2}
		if b.Has("time_conv.weight") {
			attr.Time = 2
			if c.first {
				attr.Skip = 1
			}
		}
		x = c.upsample(b, x)
		s.TapMore("resample", x)
		s.TapMore("shortcut", in.DupUp(x.Shape[3], attr))
		x = x.AddDupUp(in, attr)
	}
	return x
}

// upsample is Resample's upsample2d, or upsample3d where it has a time convolution.
func (c chunk) upsample(s *graph.Scope, x *graph.Node) *graph.Node {
	if s.Has("time_conv.weight") {
		x = c.doubleTime(s.At("time_conv"), x)
	}
	w := s.Weight("resample.1.weight", s.Shape("resample.1.weight")...)
	return x.Conv3D(w, bias(s.At("resample.1")), nil, graph.Conv3DAttr{Pad: [4]int{1, 1, 1, 1}, Up: true})
}

// doubleTime makes two frames of each: the channels of a time convolution are the
// earlier and the later one. The first frame of a clip stays alone, and is not
// part of the history either.
func (c chunk) doubleTime(s *graph.Scope, x *graph.Node) *graph.Node {
	t, h, w, ch := x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]
	state := s.State("cache", 2, h, w, ch)
	if c.first {
		return x
	}
	y := x.Conv3D(s.Weight("weight", 2*ch, ch, 3, 1, 1), bias(s), state, graph.Conv3DAttr{})
	x.Keep(state, false)
	return y.View(t, h, w, 2, ch).Permute(0, 3, 1, 2, 4).View(2*t, h, w, ch)
}

// patchSize is the side of the pixel patch.
func (m *Wan) patchSize(s *graph.Scope) int {
	p := 1
	for c := s.Shape("encoder.conv1.weight")[1] / 3; p*p < c; {
		p++
	}
	return p
}

// unpatch turns channels (colour, x, y) back into pixels.
func (m *Wan) unpatch(x *graph.Node) *graph.Node {
	t, h, w := x.Shape[0], x.Shape[1], x.Shape[2]
	p := 1
	for p*p*3 < x.Shape[3] {
		p++
	}
	return x.View(t, h, w, 3, p, p).Permute(0, 1, 5, 2, 4, 3).View(t, h*p, w*p, 3)
}
