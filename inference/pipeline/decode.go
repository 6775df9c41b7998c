package pipeline

import (
	"fmt"

	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// decode is latent → frames, one latent frame at a time: the first becomes one
// frame, each later one as many as the VAE's temporal stride. Memory does not
// grow with the clip.
func (t *take) decode(x *latent) (*inference.Clip, error) {
	z, err := floats(x.buf)
	if err != nil {
		return nil, err
	}
	n := t.shape[0]
	t.meter.enter(inference.Decoding, n)
	clip := &inference.Clip{Width: t.req.Width, Height: t.req.Height, FPS: t.req.FPS}
	per := len(z) / n
	var first, prog device.Program
	defer func() {
		for _, p := range []device.Program{first, prog} {
			if p != nil {
				p.Close()
			}
		}
	}()
	for i := range n {
		if i < 2 {
			if prog, err = t.load(t.parts.VAE, first, t.drawDecode(t.shape, i == 0)); err != nil {
				return nil, err
			}
			if i == 0 {
				first = prog
				if err := prog.Reset(); err != nil {
					return nil, err
				}
			}
		}
		if err := prog.In("z").Write(tensor.Bytes(z[i*per : (i+1)*per])); err != nil {
			return nil, err
		}
		if err := prog.Run(t.ctx); err != nil {
			return nil, err
		}
		pix, err := floats(prog.Out(0))
		if err != nil {
			return nil, err
		}
		t.see(fmt.Sprint("video.", i), pix)
		clip.Frames = append(clip.Frames, frames(pix, 3*t.req.Width*t.req.Height)...)
		t.meter.step(i+1, nil)
	}
	clip.Frames = clip.Frames[:t.req.Frames]
	return clip, nil
}

// drawDecode draws the decoder for one frame of a latent of that shape.
func (t *take) drawDecode(shape []int, first bool) func(s *graph.Scope) *graph.Node {
	return func(s *graph.Scope) *graph.Node {
		return t.model.Decode(s, s.Input("z", tensor.F32, 1, shape[1], shape[2], shape[3]), first)
	}
}

// frames turns colours in −1 … 1 into bytes, cut off and not rounded, as the
// reference does.
func frames(pix []float32, per int) [][]byte {
	var out [][]byte
	for ; len(pix) > 0; pix = pix[per:] {
		f := make([]byte, per)
		for i, v := range pix[:per] {
			f[i] = byte((max(-1, min(1, v)) + 1) / 2 * 255)
		}
		out = append(out, f)
	}
	return out
}
