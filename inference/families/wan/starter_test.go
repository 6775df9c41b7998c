package wan

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"kinora/inference/device"
	"kinora/inference/device/cpu"
	"kinora/inference/graph"
	"kinora/inference/model"
	"kinora/inference/plan"
	"kinora/inference/tensor"
	"kinora/inference/tokenizer"
	"kinora/inference/weights"
	"kinora/inference/weights/safetensors"
)

const starterDir = "../../../assets/starter"

func starterFile(t *testing.T, name string) *safetensors.File {
	t.Helper()
	f, err := safetensors.Open(filepath.Join(starterDir, name+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestStarterMeetsItsTrainer compares the built-in model with what PyTorch made of
// the very same weights, widened to float32; train/export.py writes both.
func TestStarterMeetsItsTrainer(t *testing.T) { meetsTrainer(t, newCPU(t)) }

func TestStarterMeetsItsTrainerInBF16(t *testing.T) {
	if !cpu.BF16() {
		t.Skip("this processor does not multiply bfloat16 numbers")
	}
	dev := cpu.New(cpu.Options{BF16: true})
	defer dev.Close()
	meetsTrainer(t, dev)
}

func meetsTrainer(t *testing.T, dev device.Device) {
	t.Helper()
	ref := starterFile(t, "testdata/ref")
	spiece, err := os.ReadFile(filepath.Join(starterDir, "tokenizer.model"))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Open(spiece)
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(model.Checkpoint{Name: "starter", Text: starterFile(t, "text_encoder"), Denoiser: starterFile(t, "dit"),
		VAE: starterFile(t, "vae"), Tokenizer: tok}, Config{})
	if err != nil {
		t.Fatal(err)
	}
	got := starterOutputs(t, dev, m, tok, ref)
	var low map[string][]float32
	if d, ok := dev.(interface {
		RoundingOf(*plan.Plan) func(*graph.Node) tensor.DType
	}); ok {
		host := cpu.New(cpu.Options{Round: d.RoundingOf})
		defer host.Close()
		low = starterOutputs(t, host, m, tok, ref)
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		want := refFloats(t, ref, name)
		if len(got[name]) != len(want) {
			t.Errorf("%s: %d elements, want %d", name, len(got[name]), len(want))
			continue
		}
		// float32 rounding through the whole network makes up to 2e-5 of the largest
		// value, and rounded operands what they make of it on the CPU; a device may be
		// twice as far off.
		off, top := distance(got[name], want)
		allowed := 2e-5 * top
		if low != nil {
			own, _ := distance(low[name], want)
			allowed += 2 * own
		}
		if !(off <= allowed) {
			t.Errorf("%s: off by %.3g of %.3g, allowed %.3g", name, off, top, allowed)
			continue
		}
		t.Logf("%s: off by %.3g of %.3g, allowed %.3g", name, off, top, allowed)
	}
}

// distance is the furthest that numbers are off, and the largest there is.
func distance(got, want []float32) (off, top float64) {
	for i, w := range want {
		off, top = max(off, math.Abs(float64(got[i]-w))), max(top, math.Abs(float64(w)))
		if got[i] != got[i] {
			return math.NaN(), top
		}
	}
	return off, top
}

// starterOutputs goes through all parts of the built-in model on a device: what comes
// out, by the fixture's names.
func starterOutputs(t *testing.T, dev device.Device, m *Wan, tok *tokenizer.Tokenizer, ref *safetensors.File) map[string][]float32 {
	t.Helper()
	out := map[string][]float32{}
	var notes struct{ Prompts []string }
	if err := json.Unmarshal([]byte(weights.Metadata(ref)["config"]), &notes); err != nil || len(notes.Prompts) == 0 {
		t.Fatalf("prompts of the fixture: %v", err)
	}
	var text device.Program
	for i, prompt := range slices.Backward(notes.Prompts) { // the first is left in text
		name := string(rune('0' + i))
		ids := tok.EncodePrompt(prompt, m.traits.TextLen)
		want := refInts(t, ref, "ids."+name)
		if len(ids) != len(want) {
			t.Fatalf("%q: %d ids, want %d", prompt, len(ids), len(want))
		}
		for j := range ids {
			if int64(ids[j]) != want[j] {
				t.Fatalf("%q: id %d is %d, want %d", prompt, j, ids[j], want[j])
			}
		}
		text = load(t, dev, m.parts.Text, nil, nil, func(s *graph.Scope) *graph.Node {
			return m.Text(s, s.Input("ids", tensor.I32, len(ids)))
		})
		write(t, text, "ids", ids)
		run(t, text)
		out["text."+name] = read(t, text, 0)
	}
	cond := load(t, dev, m.parts.Denoiser, nil, nil, func(s *graph.Scope) *graph.Node {
		return m.Condition(s, s.Input("text", tensor.F32, text.Out(0).Shape()...), 0)
	})
	if err := cond.In("text").Copy(text.Out(0)); err != nil {
		t.Fatal(err)
	}
	run(t, cond)
	_, x, _ := ref.Info("dit.x")
	for _, k := range []string{"scalar", "frame0"} {
		step := load(t, dev, m.parts.Denoiser, nil, nil, func(s *graph.Scope) *graph.Node {
			return m.Denoise(s, s.Input("x", tensor.F32, x[1], x[2], x[3], x[0]), s.Input("t", tensor.F32, x[1]),
				[]*graph.Node{s.Input("condition", tensor.F32, cond.Out(0).Shape()...)}, 0)[0]
		})
		write(t, step, "x", channelsLast(refFloats(t, ref, "dit.x"), x))
		write(t, step, "t", refFloats(t, ref, "dit."+k+".t"))
		if err := step.In("condition").Copy(cond.Out(0)); err != nil {
			t.Fatal(err)
		}
		run(t, step)
		out["dit."+k+".v"] = channelsFirst(read(t, step, 0), x[0])
	}
	starterVAE(t, dev, m, ref, out)
	return out
}

// starterVAE decodes and encodes, chunk by chunk.
func starterVAE(t *testing.T, dev device.Device, m *Wan, ref *safetensors.File, out map[string][]float32) {
	t.Helper()
	_, z, _ := ref.Info("vae.latent")
	latent := channelsLast(refFloats(t, ref, "vae.latent"), z)
	_, v, _ := ref.Info("vae.pixels")
	pixels := channelsLast(refFloats(t, ref, "vae.pixels"), v)
	var video, back []float32
	var dec, enc device.Program
	frame, picture := len(latent)/z[1], len(pixels)/v[1]
	for i := range z[1] {
		dec = load(t, dev, m.parts.VAE, nil, dec, func(s *graph.Scope) *graph.Node {
			return m.Decode(s, s.Input("z", tensor.F32, 1, z[2], z[3], z[0]), i == 0)
		})
		write(t, dec, "z", latent[i*frame:(i+1)*frame])
		run(t, dec)
		video = append(video, read(t, dec, 0)...)
		lo, n := max(0, m.traits.Temporal*(i-1)+1), 1
		if i > 0 {
			n = m.traits.Temporal
		}
		enc = load(t, dev, m.parts.VAE, nil, enc, func(s *graph.Scope) *graph.Node {
			return m.Encode(s, s.Input("frames", tensor.F32, n, v[2], v[3], 3), i == 0)
		})
		write(t, enc, "frames", pixels[lo*picture:(lo+n)*picture])
		run(t, enc)
		back = append(back, read(t, enc, 0)...)
	}
	out["vae.decoded"] = channelsFirst(video, 3)
	out["vae.latent"] = channelsFirst(back, z[0])
}

func refFloats(t *testing.T, ref *safetensors.File, name string) []float32 {
	t.Helper()
	b, err := ref.Bytes(name)
	if err != nil {
		t.Fatal(err)
	}
	return tensor.View[float32](b)
}

func refInts(t *testing.T, ref *safetensors.File, name string) []int64 {
	t.Helper()
	b, err := ref.Bytes(name)
	if err != nil {
		t.Fatal(err)
	}
	return tensor.View[int64](b)
}
