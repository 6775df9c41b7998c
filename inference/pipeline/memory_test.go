package pipeline

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/cpu"
	"kinora/inference/families/wan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// heavy is tiny with a denoiser that outweighs the rest.
func heavy(t testing.TB) shelf {
	s := tiny(t)
	_, z, _ := s.parts.VAE.Info("conv2.weight")
	_, text, _ := s.parts.Text.Info("token_embedding.weight")
	m := weights.Map{}
	rng := rand.New(rand.NewPCG(1, 2))
	b := wan.Build{Dim: 96, FFN: 1536, Layers: 12, Freq: 32, TextDim: text[1], Channels: z[0]}
	for name, shape := range b.Denoiser() {
		v := make([]float32, shape.Len())
		for i := range v {
			v[i] = float32(rng.NormFloat64()) / 20
		}
		m[name] = weights.Entry{DType: tensor.F32, Shape: shape, Data: tensor.Bytes(v)}
	}
	s.parts.Denoiser = told{m, map[string]any{"num_heads": 4, "text_len": 160}}
	return s
}

// wordy has a text of the greatest length, so that what is kept of it takes room.
var wordy = inference.Request{Prompt: strings.Repeat("a fish swims, and another, ", 60), Seed: 7}

// A tally counts what became of the cases.
type tally struct{ ran, refused, streamed, tiled, frugal, pieces, pairs int }

// TestClipsKeepTheirPlans goes over geometry × budget. Each case either runs within
// its plan, to a hundredth of what is really held, or is refused before it starts,
// and then what the refusal names fits.
func TestClipsKeepTheirPlans(t *testing.T) {
	var n tally
	for _, held := range []bool{false, true} { // weights in the file, or on the device
		for _, lib := range []shelf{tiny(t), heavy(t)} {
			for _, size := range [][3]int{{64, 32, 5}, {128, 96, 9}, {640, 32, 5}} {
				o := cpu.Options{Threads: 1}
				if held {
					o.Budget = math.MaxInt64
				}
				r := wordy
				r.Width, r.Height, r.Frames, r.Steps = size[0], size[1], size[2], 2
				n.keeps(t, o, lib, r)
			}
		}
	}
	t.Logf("%+v", n)
	if n.ran == 0 || n.refused == 0 || n.tiled == 0 || n.frugal == 0 || n.pieces == 0 || n.streamed == 0 || n.pairs == 0 {
		t.Error("the budgets do not reach every way")
	}
}

// A plan tells what will run, and not what was tried: here the decoder of later frames
// just fits, and the one of the first beside it does not.
func TestPlansLeaveOutWhatWasTried(t *testing.T) {
	r := fish
	r.Width, r.Height, r.Frames, r.Steps = 640, 32, 5, 2
	plan := func(budget int64) (m inference.Memory, peak int64) {
		dev := cpu.New(cpu.Options{Threads: 1})
		defer dev.Close()
		p := New(dev, tiny(t)).With(Options{Memory: budget})
		m, err := p.Plan(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Generate(t.Context(), r, nil); err != nil {
			t.Fatal(err)
		}
		_, peak = dev.(device.Ledger).Held()
		return m, peak
	}
	m, _ := plan(1 << 40)
	// the program for later frames is loaded first; with so much, the other finds no room
	first := slices.IndexFunc(m.Phases, func(ph inference.Phase) bool { return ph.Name == decoderPhase })
	m, peak := plan(m.Phases[first].Total)
	tiles := 0
	for _, ph := range m.Phases {
		tiles += ph.Tiles
		if ph.Name == decoderPhase || ph.Name == decoderPhase+", first frame" {
			t.Errorf("%s is planned and does not run", ph.Name)
		}
	}
	if off := math.Abs(float64(m.Peak-peak)) / float64(peak); tiles == 0 || off > 0.01 {
		t.Errorf("%d tiles, planned %d, held %d", tiles, m.Peak, peak)
	}
}

func (n *tally) keeps(t *testing.T, o cpu.Options, lib shelf, r inference.Request) {
	var before *inference.Clip
	for budget := int64(50_000_000); budget > 1_000_000; budget -= budget / 4 {
		name := fmt.Sprintf("%d×%d×%d, weights held %v, %d kB", r.Width, r.Height, r.Frames, o.Budget > 0, budget/1000)
		dev := cpu.New(o)
		p := New(dev, lib).With(Options{Memory: budget})
		m, err := p.Plan(r)
		if now, peak := dev.(device.Ledger).Held(); now != 0 || peak != 0 {
			t.Errorf("%s: planning takes %d bytes", name, peak)
		}
		clip, genErr := p.Generate(t.Context(), r, nil)
		now, peak := dev.(device.Ledger).Held()
		dev.Close()
		if (err == nil) != (genErr == nil) {
			t.Fatalf("%s: planned %v, ran %v", name, err, genErr)
		}
		if err != nil {
			n.refused++
			if !errors.Is(err, inference.ErrNoMemory) || peak != 0 {
				t.Errorf("%s: %v, after taking %d bytes", name, err, peak)
			}
			meetsItsWord(t, o, lib, r, budget, err)
			return // less is refused too
		}
		n.ran++
		if off := math.Abs(float64(m.Peak-peak)) / float64(peak); off > 0.01 || peak > budget || now != 0 {
			t.Errorf("%s: planned %d, held %d, never gave back %d", name, m.Peak, peak, now)
		}
		if before != nil && !alike(before, clip) {
			t.Errorf("%s: another clip", name)
		}
		before = clip
		for _, ph := range m.Phases {
			n.streamed += min(1, int(ph.Streamed))
			n.tiled += min(1, ph.Tiles)
			n.pieces += min(1, ph.Rows)
			if strings.Contains(ph.Name, "text in every step") {
				n.frugal++
			}
			if strings.Contains(ph.Name, bothWays) {
				n.pairs++
			}
		}
	}
}

// meetsItsWord tries what a refusal names.
func meetsItsWord(t *testing.T, o cpu.Options, lib shelf, r inference.Request, budget int64, err error) {
	t.Helper()
	fits := func(change func(*inference.Request)) {
		change(&r)
		dev := cpu.New(o)
		defer dev.Close()
		if _, e := New(dev, lib).With(Options{Memory: budget}).Plan(r); e != nil {
			t.Errorf("%v\nbut %d×%d with %d frames: %v", err, r.Width, r.Height, r.Frames, e)
		}
	}
	if m := regexp.MustCompile(`(\d+) frames at this size`).FindStringSubmatch(err.Error()); m != nil {
		fits(func(r *inference.Request) { fmt.Sscan(m[1], &r.Frames) })
	}
	if m := regexp.MustCompile(`(\d+)×(\d+) with all`).FindStringSubmatch(err.Error()); m != nil {
		fits(func(r *inference.Request) { fmt.Sscan(m[1], &r.Width); fmt.Sscan(m[2], &r.Height) })
	}
}

// alike allows for what is thrown away around tiles.
func alike(a, b *inference.Clip) bool {
	var sum float64
	n := 0
	for i := range a.Frames {
		for j := range a.Frames[i] {
			d := float64(a.Frames[i][j]) - float64(b.Frames[i][j])
			sum += d * d
			n++
		}
	}
	return len(a.Frames) == len(b.Frames) && (sum == 0 || 10*math.Log10(255*255*float64(n)/sum) > 30)
}

// The size that a refusal names is one that is not refused in turn, for a model, too,
// that is made for fewer sizes than it can draw.
func TestRefusalNamesASizeThatIsAllowed(t *testing.T) {
	lib := tiny(t)
	lib.about.SizeStep = 96
	r := inference.Request{Prompt: "a fish", Width: 384, Height: 288, Frames: 5}
	named := 0
	for budget := int64(50_000_000); budget > 1_000_000; budget -= budget / 8 {
		dev := cpu.New(cpu.Options{})
		_, err := New(dev, lib).With(Options{Memory: budget}).Plan(r)
		dev.Close()
		if err != nil && strings.Contains(err.Error(), "with all") {
			named++
			meetsItsWord(t, cpu.Options{}, lib, r, budget, err)
		}
	}
	if named == 0 {
		t.Error("no refusal named a size")
	}
}
