package pipeline

import (
	"strings"
	"testing"

	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/cpu"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// narrowed is tiny with self-attention that adds so much to the rest.
func narrowed(t testing.TB, gain float32) shelf {
	s := tiny(t)
	src := s.parts.Denoiser.(told)
	m := weights.Map{}
	for name, e := range src.Map {
		if strings.HasSuffix(name, "self_attn.o.weight") || strings.HasSuffix(name, "self_attn.o.bias") {
			v := make([]float32, len(e.Data)/4)
			copy(tensor.Bytes(v), e.Data)
			for i := range v {
				v[i] *= gain
			}
			e.Data = tensor.Bytes(v)
		}
		m[name] = e
	}
	s.parts.Denoiser = told{m, src.config}
	return s
}

// TestWindowIsFoundOut: where frames have nothing to do with one another the
// narrowest window is taken and the clip stays the same; where they have, attention
// stays whole.
func TestWindowIsFoundOut(t *testing.T) {
	r := fish
	r.Frames, r.Steps = 33, 5
	for _, k := range []struct {
		gain   float32
		narrow bool
	}{{0, true}, {30, false}} {
		lib := narrowed(t, k.gain)
		run := func(window int) (*inference.Clip, int) {
			dev := cpu.New(cpu.Options{})
			defer dev.Close()
			p := New(dev, lib)
			r.Window = window
			var used int
			p.trace = func(name string, v []float32) {
				if name == "window" {
					used = int(v[0])
				}
			}
			m, err := p.Plan(r)
			if err != nil {
				t.Fatal(err)
			}
			c, err := p.Generate(t.Context(), r, nil)
			if err != nil {
				t.Fatal(err)
			}
			if now, peak := dev.(device.Ledger).Held(); now != 0 || peak > m.Peak {
				t.Errorf("planned %d, held %d, never gave back %d", m.Peak, peak, now)
			}
			return c, used
		}
		whole, _ := run(0)
		found, w := run(inference.AutoWindow)
		if k.narrow != (w > 0) {
			t.Errorf("attention of weight %g: a window of %d", k.gain, w)
		}
		if !same(whole, found) {
			t.Errorf("attention of weight %g: another clip with a window of %d", k.gain, w)
		}
	}
}
