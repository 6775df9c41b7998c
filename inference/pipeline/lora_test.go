package pipeline

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"kinora/inference"
	"kinora/inference/device/cpu"
	"kinora/inference/device/devicetest/choose"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// changed makes LoRAs for all products of a shelf's denoiser, and the same shelf with
// them merged into its weights.
func changed(t testing.TB, lib shelf, strengths ...float64) (with, merged shelf) {
	t.Helper()
	den := lib.parts.Denoiser.(told)
	m := maps.Clone(den.Map)
	with = lib
	with.loras = map[string]weights.Source{}
	rng := rand.New(rand.NewPCG(5, 6))
	for i, strength := range strengths {
		const rank = 3
		file := weights.Map{}
		for _, name := range den.Map.Names() {
			module, ok := strings.CutSuffix(name, ".weight")
			shape := den.Map[name].Shape
			if !ok || len(shape) < 2 {
				continue
			}
			out, in := shape[0], shape.Len()/shape[0]
			down, up := normal(rng, rank*in, .1), normal(rng, out*rank, .1)
			file["diffusion_model."+module+".lora_A.weight"] = weights.Entry{DType: tensor.F32, Shape: tensor.Shape{rank, in}, Data: tensor.Bytes(down)}
			file["diffusion_model."+module+".lora_B.weight"] = weights.Entry{DType: tensor.F32, Shape: tensor.Shape{out, rank}, Data: tensor.Bytes(up)}
			file["diffusion_model."+module+".alpha"] = weights.Entry{DType: tensor.F32, Data: tensor.Bytes([]float32{2})}
			w := append([]float32(nil), tensor.View[float32](m[name].Data)...)
			for o := range out {
				for k := range in {
					var sum float64
					for r := range rank {
						sum += float64(up[o*rank+r]) * float64(down[r*in+k])
					}
					w[o*in+k] = float32(float64(w[o*in+k]) + strength*2/rank*sum)
				}
			}
			e := m[name]
			e.Data = tensor.Bytes(w)
			m[name] = e
		}
		with.loras[fmt.Sprint("lora", i)] = file
	}
	merged = lib
	merged.parts.Denoiser = told{m, den.config}
	return with, merged
}

func normal(rng *rand.Rand, n int, scale float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(rng.NormFloat64() * scale)
	}
	return v
}

func clipOf(t testing.TB, lib shelf, o cpu.Options, r inference.Request, memory int64) (*inference.Clip, inference.Memory) {
	t.Helper()
	dev := cpu.New(o)
	defer dev.Close()
	p := New(dev, lib).With(Options{Memory: memory})
	m, err := p.Plan(r)
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Generate(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, m
}

// TestLoRAsAreMergedWeights: laid beside the weights, several LoRAs make the clip that
// they make merged into them, to rounding; in the plan they take their room, and at
// strength 0 they are not there.
func TestLoRAsAreMergedWeights(t *testing.T) {
	lib := tiny(t)
	r := fish
	plain, _ := clipOf(t, lib, cpu.Options{}, r, 0)
	held := cpu.Options{Budget: math.MaxInt64}
	_, bare := clipOf(t, lib, held, r, 0)
	with, merged := changed(t, lib, .8, -.3)
	r.LoRAs = []inference.LoRA{{File: "lora0", Strength: .8}, {File: "lora1", Strength: -.3}}
	got, err := New(choose.Device(t), with).Generate(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, plan := clipOf(t, with, held, r, 0)
	want, _ := clipOf(t, merged, cpu.Options{}, fish, 0)
	if db := psnr(got, want); db < 70 {
		t.Errorf("laid beside and merged are %.1f dB apart", db)
	}
	if db := psnr(got, plain); db > 40 {
		t.Errorf("with and without are %.1f dB apart: the LoRA does nothing", db)
	}
	if a, b := residentDenoiser(plan), residentDenoiser(bare); a <= b {
		t.Errorf("planned %d bytes of the denoiser with LoRAs, %d without", a, b)
	}
	here, _ := clipOf(t, with, cpu.Options{}, r, 0)
	for _, o := range []cpu.Options{{Threads: 1}, {Budget: 1500 << 10}, held} {
		if again, _ := clipOf(t, with, o, r, 0); !same(here, again) {
			t.Errorf("%+v makes another clip", o)
		}
	}
	r.LoRAs = []inference.LoRA{{File: "lora0"}, {File: "lora1"}}
	if off, _ := clipOf(t, with, cpu.Options{}, r, 0); !same(plain, off) {
		t.Error("at strength 0 it is another clip")
	}
}

func residentDenoiser(m inference.Memory) (n int64) {
	for _, ph := range m.Phases {
		if strings.HasPrefix(ph.Name, denoiserPhase) {
			n = max(n, ph.Resident)
		}
	}
	return n
}

// TestLoRAsKeepTheirPlans: with LoRAs, too, a clip runs within its plan or is refused,
// and wide layers are cut into pieces.
func TestLoRAsKeepTheirPlans(t *testing.T) {
	with, _ := changed(t, heavy(t), 1)
	var n tally
	for _, held := range []bool{false, true} {
		o := cpu.Options{Threads: 1}
		if held {
			o.Budget = math.MaxInt64
		}
		r := fish
		r.Width, r.Height, r.Frames, r.Steps = 128, 96, 9, 2
		r.LoRAs = []inference.LoRA{{File: "lora0", Strength: 1}}
		n.keeps(t, o, with, r)
	}
	if n.ran == 0 || n.streamed == 0 || n.pieces == 0 {
		t.Errorf("%+v: the budgets do not reach every way", n)
	}
}

func TestLoRAsRefused(t *testing.T) {
	with, _ := changed(t, tiny(t), 1)
	with.loras["wide"] = weights.Map{
		"blocks.0.self_attn.q.lora_A.weight": {DType: tensor.F32, Shape: tensor.Shape{1, 5120}, Data: make([]byte, 4*5120)},
		"blocks.0.self_attn.q.lora_B.weight": {DType: tensor.F32, Shape: tensor.Shape{5120, 1}, Data: make([]byte, 4*5120)},
	}
	dev := cpu.New(cpu.Options{})
	defer dev.Close()
	p := New(dev, with)
	for _, c := range []struct {
		list []inference.LoRA
		is   error
		want string
	}{
		{[]inference.LoRA{{File: "none", Strength: 1}}, inference.ErrNoModel, "none"},
		{[]inference.LoRA{{File: "lora0", Strength: math.NaN()}}, inference.ErrInvalid, "strength"},
		{[]inference.LoRA{{File: "lora0", Strength: 11}}, inference.ErrInvalid, "-10 to 10"},
		{[]inference.LoRA{{File: "lora0", Strength: 1}, {File: "lora0", Strength: 1}}, inference.ErrInvalid, "twice"},
		{[]inference.LoRA{{Strength: 1}}, inference.ErrInvalid, "without a file"},
		{make([]inference.LoRA, 17), inference.ErrInvalid, "17 LoRAs"},
		{[]inference.LoRA{{File: "wide", Strength: 1}}, inference.ErrInvalid, "the LoRA wide cannot be used: it is for Wan 14B (width 5120), and this model's width is 96"},
	} {
		r := fish
		r.LoRAs = c.list
		if _, err := p.Plan(r); !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want …%s…", c.list, err, c.want)
		}
		if _, err := p.Generate(t.Context(), r, nil); !errors.Is(err, c.is) {
			t.Errorf("%v: %v", c.list, err)
		}
	}
}
