package pipeline

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/cuda"
	"kinora/inference/device/cuda/driver"
	"kinora/inference/device/cuda/emulated"
	"kinora/inference/families"
	"kinora/inference/families/wan"
	"kinora/inference/model"
	"kinora/inference/tensor"
)

// Files of float32 give on a GPU the clip of files whose matrices were rounded before,
// where the model is large, and their own where it is not, or where float32 is asked for.
func TestFloat32OnGPU(t *testing.T) {
	r := fish
	r.Width, r.Height, r.Frames, r.Steps, r.Guidance = 64, 32, 5, 1, 1
	whole := tiny(t)
	drawn, err := families.Open(whole.parts)
	if err != nil {
		t.Fatal(err)
	}
	short := whole
	short.parts = drawn.(model.Rounder).Round(func(int64) bool { return true }).Checkpoint()
	clip := func(lib shelf, o cuda.Options) (video []float32) {
		d, err := cuda.New(emulated.Open, o)
		if errors.Is(err, emulated.ErrNoCompiler) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		p := New(d, lib)
		p.trace = func(name string, v []float32) {
			if strings.HasPrefix(name, "video.") {
				video = append(video, v...)
			}
		}
		if _, err := p.Generate(t.Context(), r, nil); err != nil || len(video) == 0 {
			t.Fatal(len(video), err)
		}
		return video
	}
	in16 := clip(short, cuda.Options{})
	for _, c := range []struct {
		name string
		o    cuda.Options
		want bool
	}{
		{"large", cuda.Options{Small: 1}, true},
		{"16 bits asked for", cuda.Options{Small: cuda.SmallModel, Precision: cuda.Fast}, true},
		{"small", cuda.Options{Small: cuda.SmallModel}, false},
		{"float32 asked for", cuda.Options{Small: 1, Precision: cuda.Exact}, false},
	} {
		if got := slices.Equal(clip(whole, c.o), in16); got != c.want {
			t.Errorf("%s: as if rounded %v", c.name, got)
		}
	}
	if !slices.Equal(clip(whole, cuda.Options{Small: 1, Precision: cuda.Exact}), clip(whole, cuda.Options{Small: cuda.SmallModel})) {
		t.Error("a small model is not computed in float32")
	}
}

// The official set, which has float32, takes on a card what one of bfloat16 takes, but for
// the matrices of the time and the head.
func TestOfficialSetOnACard(t *testing.T) {
	dev, err := cuda.New(func(int) (driver.Driver, error) { return driver.Idle(24e9), nil }, cuda.Options{Small: cuda.SmallModel})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	if _, ok := dev.(device.Halver); !ok {
		t.Fatal("the device does not say what it rounds")
	}
	peak := func(d tensor.DType) int64 {
		m, err := New(dev, published(wan.Stored{Denoiser: d, Text: tensor.BF16})).Plan(inference.Request{Prompt: "a fish", Width: 832, Height: 480, Frames: 17})
		if err != nil {
			t.Fatal(err)
		}
		return m.Peak
	}
	const stay = 2 * (18432*3072 + 3072*3072 + 3072*256 + 192*3072) // bytes more
	if short, whole := peak(tensor.BF16), peak(tensor.F32); whole < short || whole > short+stay+stay/10 {
		t.Errorf("%d bytes, and %d of bfloat16", whole, short)
	}
}
