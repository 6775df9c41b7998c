package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinora/inference"
	"kinora/inference/device/cpu"
	"kinora/inference/golden"
	"kinora/inference/model"
	"kinora/inference/sampler"
	"kinora/inference/tokenizer"
)

// tiny is the golden models as a library: random weights, but the whole road.
func tiny(t testing.TB) shelf {
	t.Helper()
	golden.Own(t)
	var r run
	golden.JSON(t, "e2e_t2v", &r)
	spiece, err := os.ReadFile(filepath.Join(golden.Dir(), r.Weights.Tokenizer))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Open(spiece)
	if err != nil {
		t.Fatal(err)
	}
	r.Config.DiT["text_len"] = r.Config.TextLen
	return shelf{
		parts: model.Checkpoint{
			Name:     "tiny",
			Text:     golden.Open(t, "t5.weights").Tensors,
			Denoiser: told{golden.Open(t, "dit.weights").Tensors, r.Config.DiT},
			VAE:      golden.Open(t, "vae.weights").Tensors, Tokenizer: tok,
		},
		about: inference.Model{
			Name: "tiny", Title: "Tiny", SizeStep: 32, ImageToVideo: true,
			Default: inference.Request{Width: 64, Height: 32, Frames: 5, FPS: 8, Steps: 3, Guidance: 3, Shift: 5, Sampler: "unipc"},
		},
	}
}

func generate(t testing.TB, o cpu.Options, r inference.Request) *inference.Clip {
	t.Helper()
	dev := cpu.New(o)
	defer dev.Close()
	c, err := New(dev, tiny(t)).Generate(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func same(a, b *inference.Clip) bool {
	if len(a.Frames) != len(b.Frames) {
		return false
	}
	for i := range a.Frames {
		if !bytes.Equal(a.Frames[i], b.Frames[i]) {
			return false
		}
	}
	return true
}

var fish = inference.Request{Prompt: "a fish", Seed: 7}

func TestSameSeedSameBytes(t *testing.T) {
	want := generate(t, cpu.Options{Threads: 1}, fish)
	for _, o := range []cpu.Options{{Threads: 1}, {Threads: 2}, {Threads: 3}, {Threads: 7}} {
		if !same(want, generate(t, o, fish)) {
			t.Errorf("%d threads make another clip", o.Threads)
		}
	}
	other := fish
	other.Seed = 8
	if same(want, generate(t, cpu.Options{}, other)) {
		t.Error("another seed makes the same clip")
	}
}

func TestStreamedWeightsMakeTheSameClip(t *testing.T) {
	want := generate(t, cpu.Options{}, fish)
	for _, kb := range []int64{1500, 2000, 4000, 64000} {
		if !same(want, generate(t, cpu.Options{Budget: kb << 10}, fish)) {
			t.Errorf("a budget of %d kB makes another clip", kb)
		}
	}
}

func TestFramesAreTrimmed(t *testing.T) {
	whole := fish
	whole.Frames = 9
	want := generate(t, cpu.Options{}, whole)
	for _, n := range []int{1, 6, 7, 8, 9} {
		r := fish
		r.Frames = n
		got := generate(t, cpu.Options{}, r)
		if len(got.Frames) != n {
			t.Fatalf("%d frames, want %d", len(got.Frames), n)
		}
		if n > 5 && !bytes.Equal(got.Frames[n-1], want.Frames[n-1]) {
			t.Errorf("frame %d of %d is not that of the whole", n, n)
		}
	}
}

func TestEverySamplerRuns(t *testing.T) {
	for _, a := range sampler.All {
		r := fish
		r.Sampler, r.Steps = a.Name, 4
		var steps int
		dev := cpu.New(cpu.Options{})
		_, err := New(dev, tiny(t)).Generate(t.Context(), r, func(p inference.Progress) {
			if p.Stage == inference.Denoising && p.Step > steps {
				steps = p.Step
			}
		})
		dev.Close()
		if err != nil || steps != 4 {
			t.Errorf("%s: %d steps reported, %v", a.Name, steps, err)
		}
	}
}

func TestGuidanceCosts(t *testing.T) {
	passes := func(r inference.Request) (n int) {
		dev := cpu.New(cpu.Options{})
		defer dev.Close()
		p := New(dev, tiny(t))
		p.trace = func(name string, _ []float32) {
			if strings.HasPrefix(name, "pred_") {
				n++
			}
		}
		if _, err := p.Generate(t.Context(), r, nil); err != nil {
			t.Fatal(err)
		}
		return n
	}
	r := fish
	r.Steps = 4
	for _, k := range []struct {
		guidance, from, to float64
		want               int
	}{{3, 0, 0, 8}, {1, 0, 0, 4}, {3, 0, 0.5, 6}, {3, 0.25, 0.5, 5}, {3, 0.75, 1, 5}} {
		r.Guidance, r.GuidanceFrom, r.GuidanceTo = k.guidance, k.from, k.to
		if got := passes(r); got != k.want {
			t.Errorf("guidance %g over %g…%g: %d passes, want %d", k.guidance, k.from, k.to, got, k.want)
		}
	}
}

// What a model guides by itself holds where nothing else is asked for, and counts in the work that is foretold.
func TestTheModelsOwnGuidedPart(t *testing.T) {
	dev := cpu.New(cpu.Options{})
	defer dev.Close()
	lib := tiny(t)
	lib.about.Default.GuidanceTo = 0.25
	p, plain := New(dev, lib), New(dev, tiny(t))
	work := func(p *Pipeline, r inference.Request) float64 {
		t.Helper()
		m, err := p.Plan(r)
		if err != nil {
			t.Fatal(err)
		}
		return m.Work[inference.Denoising]
	}
	once := fish
	once.Guidance, once.Steps = 1, 4
	for _, c := range []struct {
		p                                  *Pipeline
		from, to, fullFrom, fullTo, passes float64
	}{
		{p, 0, 0, 0, 0.25, 5}, {p, 0, 1, 0, 1, 8}, {p, 0, 0.5, 0, 0.5, 6}, {p, 0.5, 0, 0.5, 0, 6},
		{plain, 0, 0, 0, 0, 8}, {plain, 0, 1, 0, 0, 8}, {plain, 0, 0.25, 0, 0.25, 5},
	} {
		r := fish
		r.Steps, r.GuidanceFrom, r.GuidanceTo = 4, c.from, c.to
		full, _, err := c.p.Check(r)
		if err != nil || full.GuidanceFrom != c.fullFrom || full.GuidanceTo != c.fullTo {
			t.Errorf("%g…%g becomes %g…%g, %v; want %g…%g", c.from, c.to, full.GuidanceFrom, full.GuidanceTo, err, c.fullFrom, c.fullTo)
		}
		got := 4 * work(c.p, r) / work(c.p, once)
		if pairs := c.passes == 8 && got > 7 && got < 8; math.Abs(got-c.passes) > 1e-9 && !pairs { // in pairs some of it is done once for both
			t.Errorf("%g…%g: %g passes are foretold, want %g", c.from, c.to, got, c.passes)
		}
	}
}

func TestPictureLeads(t *testing.T) {
	r := fish
	r.Image = &inference.Picture{Width: 48, Height: 24, Pix: bytes.Repeat([]byte{10, 200, 90}, 48*24)}
	got := generate(t, cpu.Options{}, r)
	if got.Width != 64 || got.Height != 32 {
		t.Errorf("%d×%d, want the picture's shape in the area asked for", got.Width, got.Height)
	}
	r.Frames = 9
	got = generate(t, cpu.Options{}, r)
	r.Window = 1
	if same(got, generate(t, cpu.Options{}, r)) {
		t.Error("the attention window changes nothing")
	}
}

// The queue checks an order, and the engine what the queue hands it.
func TestPictureIsFittedOnce(t *testing.T) {
	p := New(cpu.New(cpu.Options{}), tiny(t))
	check := func(r inference.Request, w, h int) inference.Request {
		t.Helper()
		r, _, err := p.Check(r)
		if err != nil || r.Width != w || r.Height != h {
			t.Errorf("%d×%d, %v; want %d×%d", r.Width, r.Height, err, w, h)
		}
		return r
	}
	flat := func(w, h int) *inference.Picture {
		return &inference.Picture{Width: w, Height: h, Pix: make([]byte, 3*w*h)}
	}
	r := fish
	r.Width, r.Height, r.Image = 128, 96, flat(135, 61)
	r = check(check(r, 160, 64), 160, 64)
	r.Width = 192 // somebody changes the size,
	r = check(r, 160, 64)
	r.Image = flat(61, 135) // or the picture
	r = check(check(r, 64, 128), 64, 128)
	r.Image = nil
	if r = check(r, 64, 128); r.Area != 0 {
		t.Errorf("an area of %d without a picture", r.Area)
	}
}

func TestCancelStops(t *testing.T) {
	for _, at := range []inference.Stage{inference.Loading, inference.Encoding, inference.Denoising, inference.Decoding} {
		ctx, cancel := context.WithCancel(t.Context())
		dev := cpu.New(cpu.Options{})
		after := 0
		_, err := New(dev, tiny(t)).Generate(ctx, fish, func(p inference.Progress) {
			if ctx.Err() != nil {
				after++
			}
			if p.Stage == at {
				cancel()
			}
		})
		dev.Close()
		cancel()
		if !errors.Is(err, context.Canceled) || after > 1 {
			t.Errorf("cancelled while %s: %v, %d reports after", at, err, after)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	p := New(nil, tiny(t))
	for want, change := range map[string]func(*inference.Request){
		"the prompt is empty":             func(r *inference.Request) { r.Prompt = "  " },
		"32×32 or 64×32 is nearest":       func(r *inference.Request) { r.Width = 50 },
		"choose 1 to 2049":                func(r *inference.Request) { r.Frames = -3 },
		"choose 1 to 1000":                func(r *inference.Request) { r.Steps = 1001 },
		"no sampler \"ode\"":              func(r *inference.Request) { r.Sampler = "ode" },
		"guidance -1":                     func(r *inference.Request) { r.Guidance = -1 },
		"no such model":                   func(r *inference.Request) { r.Model = "huge" },
		"not valid UTF-8":                 func(r *inference.Request) { r.Prompt = "a\xff" },
		"longer than":                     func(r *inference.Request) { r.Prompt = strings.Repeat("a", maxPrompt+1) },
		"each side may be":                func(r *inference.Request) { r.Width = 1 << 40 },
		"the picture is empty":            func(r *inference.Request) { r.Image = &inference.Picture{Width: 4, Height: 4} },
		"an attention window of -2":       func(r *inference.Request) { r.Window = -2 },
		"the last is 0.5":                 func(r *inference.Request) { r.Sigmas = []float64{1, 0.5} },
		"guidance over the part 0.5 … 0.": func(r *inference.Request) { r.GuidanceFrom, r.GuidanceTo = 0.5, 0.25 },
	} {
		r := fish
		change(&r)
		if _, _, err := p.Check(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestCheckTells(t *testing.T) {
	s := tiny(t)
	s.unknown = []string{"elephant"}
	full, notes, err := New(nil, s).Check(inference.Request{Prompt: "an elephant"})
	if err != nil || full.Steps != 3 || full.Width != 64 {
		t.Fatalf("%+v, %v", full, err)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "“elephant”") {
		t.Errorf("notes %q", notes)
	}
	_, notes, err = New(nil, tiny(t)).Check(inference.Request{Prompt: strings.Repeat("a fish ", 20000)})
	if err != nil || len(notes) != 1 || !strings.Contains(notes[0], "reads the first 16 of") {
		t.Errorf("a long prompt: %q, %v", notes, err)
	}
}

func TestProgressMovesForward(t *testing.T) {
	dev := cpu.New(cpu.Options{})
	defer dev.Close()
	last, previews := -1.0, 0
	var stages []string
	_, err := New(dev, tiny(t)).Generate(t.Context(), fish, func(p inference.Progress) {
		if p.Done < last || p.Done > 1 {
			t.Errorf("from %g to %g", last, p.Done)
		}
		last = p.Done
		if p.Preview != nil {
			previews++
		}
		stages = append(stages, fmt.Sprint(p.Stage, p.Step))
	})
	if err != nil {
		t.Fatal(err)
	}
	if last != 1 {
		t.Errorf("ended at %g", last)
	}
	want := "loading0 encoding0 denoising0 denoising1 denoising2 denoising3 decoding0 decoding1 decoding2"
	if got := strings.Join(stages, " "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	t.Log(previews, "previews")
}
