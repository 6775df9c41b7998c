package pipeline

import (
	"errors"
	"fmt"

	"kinora/inference"
	"kinora/inference/device/paper"
	"kinora/inference/graph"
	"kinora/inference/model"
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
	if err := t.dropAll(); err != nil {
		return nil, err
	}
	n := t.shape[0]
	t.meter.enter(inference.Decoding, n)
	clip := &inference.Clip{Width: t.req.Width, Height: t.req.Height, FPS: t.req.FPS}
	t.keepOnHost(int64(1+(n-1)*t.traits.Temporal) * int64(3*t.req.Width*t.req.Height))
	forget := t.trial()
	if t.mode.tiles.whole() {
		clip.Frames, err = t.decodeWhole(z)
	} else {
		clip.Frames, err = t.decodeTiled(z, t.mode.tiles, t.decoded)
	}
	if tight := (*errTight)(nil); t.onPaper() && errors.As(err, &tight) {
		forget() // the first frame may have fitted
		clip.Frames, err = t.findTiles(z, err)
	}
	if err != nil {
		return nil, err
	}
	if !t.onPaper() {
		clip.Frames = clip.Frames[:t.req.Frames]
	}
	return clip, nil
}

// decoded tells the meter how much of the decoding is done.
func (t *take) decoded(share float64) { t.meter.step(int(share*float64(t.shape[0])), nil) }

// findTiles looks for the cheapest way to cut frames that fits.
func (t *take) findTiles(z []float32, whole error) ([][]byte, error) {
	if _, ok := t.model.(model.Tiler); !ok {
		return nil, whole
	}
	host, forget := t.onHost, t.trial()
	err := whole
	for _, g := range grids(t.shape[1], t.shape[2]) {
		t.keepOnHost(host - t.onHost)
		forget()
		var frames [][]byte
		if frames, err = t.decodeTiled(z, g, func(float64) {}); err == nil {
			t.mode.tiles = g
			return frames, nil
		}
		if tight := (*errTight)(nil); !errors.As(err, &tight) {
			return nil, err
		}
	}
	return nil, err
}

// trial remembers how far the plan has come; what it returns takes back what was tried
// since.
func (t *take) trial() (forget func()) {
	phases := len(t.phases)
	d, ok := t.dev.(*paper.Device)
	if !ok {
		return func() {}
	}
	_, peak := d.Held()
	return func() {
		t.phases = t.phases[:phases]
		d.Forget(peak)
	}
}

func (t *take) decodeWhole(z []float32) ([][]byte, error) {
	n := t.shape[0]
	per := len(z) / n
	r := runner{take: t, what: decoderPhase, draw: func(first bool) drawing { return t.drawDecode(t.shape, first) }}
	defer r.close()
	var list [][]byte
	for i := range n {
		pix, err := r.run(i, z[i*per:(i+1)*per])
		if err != nil {
			return nil, err
		}
		if t.onPaper() {
			if i == 1 {
				r.repeat(n-2, 1)
				break
			}
			continue
		}
		t.see(fmt.Sprint("video.", i), pix)
		list = append(list, frames(pix, 3*t.req.Width*t.req.Height)...)
		t.meter.step(i+1, nil)
	}
	return list, nil
}

// drawDecode draws the decoder for one frame of a latent of that shape.
func (t *take) drawDecode(shape []int, first bool) drawing {
	return func(s *graph.Scope) *graph.Node {
		return t.model.Decode(s, s.Input("x", tensor.F32, 1, shape[1], shape[2], shape[3]), first)
	}
}

// frames turns colours into bytes, frame by frame.
func frames(pix []float32, per int) [][]byte {
	var out [][]byte
	for ; len(pix) > 0; pix = pix[per:] {
		f := make([]byte, per)
		for i, v := range pix[:per] {
			f[i] = colour(v)
		}
		out = append(out, f)
	}
	return out
}
