package pipeline

import (
	"kinora/inference/device"
	"kinora/inference/graph"
	"kinora/inference/picture"
	"kinora/inference/tensor"
)

// encodeImage is picture → first latent frame, or nil without a picture. The
// picture goes through the VAE alone, as a clip of one frame.
func (t *take) encodeImage() (device.Buffer, error) {
	if t.req.Image == nil {
		return nil, nil
	}
	p, err := picture.Fit(t.req.Image, t.req.Width, t.req.Height)
	if err != nil {
		return nil, err
	}
	x := make([]float32, len(p.Pix))
	for i, v := range p.Pix {
		x[i] = (float32(v)/255 - 0.5) / 0.5
	}
	t.see("image", x)
	prog, err := t.load(imagePhase, t.parts.VAE, nil, func(s *graph.Scope) *graph.Node {
		return t.model.Encode(s, s.Input("frames", tensor.F32, 1, p.Height, p.Width, 3), true)
	})
	if err != nil {
		return nil, err
	}
	defer prog.Close()
	if err := prog.In("frames").Write(tensor.Bytes(x)); err != nil {
		return nil, err
	}
	if err := prog.Run(t.ctx); err != nil {
		return nil, err
	}
	if err := t.seeBuffer("image_latent", prog.Out(0)); err != nil {
		return nil, err
	}
	z, err := t.alloc(tensor.F32, prog.Out(0).Shape())
	if err != nil {
		return nil, err
	}
	return z, z.Copy(prog.Out(0))
}
