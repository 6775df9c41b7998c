package lora

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"kinora/inference"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/mapped"
	"kinora/inference/weights/quant"
	"kinora/inference/weights/safetensors"
)

const dim, ffn, channels = 8, 12, 3

// base is the smallest denoiser there is.
func base() weights.Map {
	m := weights.Map{}
	add := func(name string, shape ...int) {
		v := make([]float32, tensor.Shape(shape).Len())
		for i := range v {
			v[i] = float32(len(m)) + float32(i)/8
		}
		m[name] = weights.Entry{DType: tensor.F32, Shape: shape, Data: tensor.Bytes(v)}
	}
	add("patch_embedding.weight", dim, channels, 1, 2, 2)
	add("patch_embedding.bias", dim)
	for i := range 2 {
		for _, a := range []string{"self_attn", "cross_attn"} {
			for _, q := range []string{"q", "k", "v", "o"} {
				add(fmt.Sprintf("blocks.%d.%s.%s.weight", i, a, q), dim, dim)
				add(fmt.Sprintf("blocks.%d.%s.%s.bias", i, a, q), dim)
			}
			add(fmt.Sprintf("blocks.%d.%s.norm_q.weight", i, a), dim)
		}
		add(fmt.Sprintf("blocks.%d.ffn.0.weight", i), ffn, dim)
		add(fmt.Sprintf("blocks.%d.ffn.2.weight", i), dim, ffn)
		add(fmt.Sprintf("blocks.%d.norm3.weight", i), dim)
		add(fmt.Sprintf("blocks.%d.modulation", i), 1, 6, dim)
	}
	add("head.head.weight", 4*channels, dim)
	add("head.modulation", 1, 2, dim)
	add("time_projection.1.weight", 6*dim, dim)
	return m
}

func stored(d tensor.DType, from float32, shape ...int) weights.Entry {
	n := tensor.Shape(shape).Len()
	v := make([]float32, n)
	for i := range v {
		v[i] = from + float32(i%5)/4
	}
	e := weights.Entry{DType: d, Shape: shape}
	switch d {
	case tensor.F32:
		e.Data = tensor.Bytes(v)
	case tensor.BF16:
		for _, x := range v {
			e.Data = binary.LittleEndian.AppendUint16(e.Data, uint16(math.Float32bits(x)>>16))
		}
	case tensor.I64:
		for _, x := range v {
			e.Data = binary.LittleEndian.AppendUint64(e.Data, uint64(int64(x)))
		}
	case tensor.F64:
		for _, x := range v {
			e.Data = binary.LittleEndian.AppendUint64(e.Data, math.Float64bits(float64(x)))
		}
	default:
		e.Data = make([]byte, d.Size(n))
	}
	return e
}

func read(t *testing.T, s weights.Source, name string) []float32 {
	t.Helper()
	d, shape, ok := s.Info(name)
	b, err := s.Bytes(name)
	if !ok || err != nil {
		t.Fatalf("%s: %v (%v)", name, err, s.Names())
	}
	again := make([]byte, d.Size(shape.Len()))
	if err := weights.Read(s, name, again); err != nil || string(again) != string(b) {
		t.Errorf("%s: Read differs from Bytes (%v)", name, err)
	}
	v := make([]float32, shape.Len())
	if err := quant.Widen(v, d, b); err != nil {
		t.Fatal(err)
	}
	return v
}

// effective is the weight of a module with all that lies beside it, in float64.
func effective(t *testing.T, s weights.Source, module string) []float64 {
	t.Helper()
	_, shape, _ := s.Info(module + ".weight")
	out, in := shape[0], shape.Len()/shape[0]
	w := make([]float64, out*in)
	for i, x := range read(t, s, module+".weight") {
		w[i] = float64(x)
	}
	for i := 0; ; i++ {
		at := fmt.Sprintf("%s.lora.%d.", module, i)
		if _, _, ok := s.Info(at + "scale"); !ok {
			return w
		}
		scale := float64(read(t, s, at+"scale")[0])
		if _, _, ok := s.Info(at + "full"); ok {
			for j, x := range read(t, s, at+"full") {
				w[j] += scale * float64(x)
			}
			continue
		}
		_, ds, _ := s.Info(at + "down")
		down, up := read(t, s, at+"down"), read(t, s, at+"up")
		for o := range out {
			for k := range in {
				for r := range ds[0] {
					w[o*in+k] += scale * float64(up[o*ds[0]+r]) * float64(down[r*in+k])
				}
			}
		}
	}
}

func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-6*(1+math.Abs(want[i])) {
			t.Fatalf("%s: number %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

// pair is the same change under two names.
func pair(down, up string) weights.Map {
	return weights.Map{down: stored(tensor.F32, .5, 4, dim), up: stored(tensor.F32, -1, dim, 4)}
}

// Whatever the dialect, the weight becomes W + α/rank·B·A.
func TestDialects(t *testing.T) {
	with := func(m weights.Map, name string, e weights.Entry) weights.Map { m[name] = e; return m }
	for _, c := range []struct {
		name   string
		file   weights.Map
		module string
		scale  float64
	}{
		{"a, PEFT names", pair("diffusion_model.blocks.1.self_attn.q.lora_A.weight", "diffusion_model.blocks.1.self_attn.q.lora_B.weight"), "blocks.1.self_attn.q", 1},
		{"a, down and up", pair("diffusion_model.blocks.1.self_attn.q.lora_down.weight", "diffusion_model.blocks.1.self_attn.q.lora_up.weight"), "blocks.1.self_attn.q", 1},
		{"alpha", with(pair("blocks.1.self_attn.q.lora_A.weight", "blocks.1.self_attn.q.lora_B.weight"), "blocks.1.self_attn.q.alpha", stored(tensor.F32, 2)), "blocks.1.self_attn.q", .5},
		{"alpha, a whole number", with(pair("blocks.1.self_attn.q.lora_A.weight", "blocks.1.self_attn.q.lora_B.weight"), "blocks.1.self_attn.q.alpha", stored(tensor.I64, 8)), "blocks.1.self_attn.q", 2},
		{"alpha, double", with(pair("blocks.1.self_attn.q.lora_A.weight", "blocks.1.self_attn.q.lora_B.weight"), "blocks.1.self_attn.q.alpha", stored(tensor.F64, 1, 1)), "blocks.1.self_attn.q", .25},
		{"alpha, bf16", with(pair("blocks.1.self_attn.q.lora_A.weight", "blocks.1.self_attn.q.lora_B.weight"), "blocks.1.self_attn.q.alpha", stored(tensor.BF16, 4)), "blocks.1.self_attn.q", 1},
		{"c, kohya", pair("lora_unet_blocks_1_self_attn_q.lora_down.weight", "lora_unet_blocks_1_self_attn_q.lora_up.weight"), "blocks.1.self_attn.q", 1},
		{"c, two underscores", pair("lora_unet__blocks_1_cross_attn_o.lora_down.weight", "lora_unet__blocks_1_cross_attn_o.lora_up.weight"), "blocks.1.cross_attn.o", 1},
		{"c, diffusers' names", pair("lora_unet_blocks_0_attn1_to_q.lora_down.weight", "lora_unet_blocks_0_attn1_to_q.lora_up.weight"), "blocks.0.self_attn.q", 1},
		{"c, diffusers' output", pair("lora_unet_blocks_0_attn2_to_out_0.lora_down.weight", "lora_unet_blocks_0_attn2_to_out_0.lora_up.weight"), "blocks.0.cross_attn.o", 1},
		{"d, diffusers", pair("transformer.blocks.1.attn2.to_v.lora_A.weight", "transformer.blocks.1.attn2.to_v.lora_B.weight"), "blocks.1.cross_attn.v", 1},
		{"d, PEFT", pair("base_model.model.blocks.1.attn1.to_out.0.lora_A.weight", "base_model.model.blocks.1.attn1.to_out.0.lora_B.weight"), "blocks.1.self_attn.o", 1},
		{"d, PEFT, named", pair("base_model.model.transformer.blocks.1.attn1.to_k.lora_A.default.weight", "base_model.model.transformer.blocks.1.attn1.to_k.lora_B.default.weight"), "blocks.1.self_attn.k", 1},
		{"d, bare", pair("blocks.0.attn1.to_v.lora_A.weight", "blocks.0.attn1.to_v.lora_B.weight"), "blocks.0.self_attn.v", 1},
		{"d, older diffusers", pair("transformer.blocks.0.attn1.to_v.lora.down.weight", "transformer.blocks.0.attn1.to_v.lora.up.weight"), "blocks.0.self_attn.v", 1},
		{"of a feed-forward layer", weights.Map{"diffusion_model.blocks.0.ffn.2.lora_A.weight": stored(tensor.BF16, 1, 2, ffn), "diffusion_model.blocks.0.ffn.2.lora_B.weight": stored(tensor.BF16, 1, dim, 2)}, "blocks.0.ffn.2", 1},
		{"f, head", weights.Map{"diffusion_model.head.head.lora_down.weight": stored(tensor.F32, 1, 2, dim), "diffusion_model.head.head.lora_up.weight": stored(tensor.F32, 1, 4*channels, 2)}, "head.head", 1},
		{"f, kohya's head", weights.Map{"lora_unet_head_head.lora_down.weight": stored(tensor.F32, 1, 2, dim), "lora_unet_head_head.lora_up.weight": stored(tensor.F32, 1, 4*channels, 2)}, "head.head", 1},
		{"f, patches", weights.Map{"patch_embedding.lora_down.weight": stored(tensor.F32, 1, 2, channels, 1, 2, 2), "patch_embedding.lora_up.weight": stored(tensor.F32, 1, dim, 2, 1, 1, 1)}, "patch_embedding", 1},
		{"b, whole weights", weights.Map{"diffusion_model.blocks.0.self_attn.q.diff": stored(tensor.BF16, 1, dim, dim)}, "blocks.0.self_attn.q", 1},
		{"b, whole convolutions", weights.Map{"diffusion_model.patch_embedding.diff": stored(tensor.F32, 1, dim, channels, 1, 2, 2)}, "patch_embedding", 1},
	} {
		a, err := Read(c.file)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !Known(c.file) || a.Bytes == 0 {
			t.Errorf("%s: %+v", c.name, a)
		}
		const strength = .75
		got, err := Apply(base(), Use{Adapter: a, Strength: strength})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		want := effective(t, base(), c.module)
		var down, up, whole string
		for name := range c.file {
			switch {
			case strings.Contains(name, "lora_A") || strings.Contains(name, "down"):
				down = name
			case strings.Contains(name, "lora_B") || strings.Contains(name, "up"):
				up = name
			case strings.HasSuffix(name, ".diff"):
				whole = name
			}
		}
		if whole != "" {
			for i, x := range read(t, c.file, whole) {
				want[i] += strength * float64(x)
			}
		} else {
			d, u := read(t, c.file, down), read(t, c.file, up)
			rank := c.file[down].Shape[0]
			in := len(d) / rank
			for o := range len(u) / rank {
				for k := range in {
					for r := range rank {
						want[o*in+k] += strength * c.scale * float64(u[o*rank+r]) * float64(d[r*in+k])
					}
				}
			}
		}
		near(t, c.name, effective(t, got, c.module), want)
		for _, n := range base().Names() {
			if e := base()[n]; string(e.Data) != string(must(got.Bytes(n))) {
				t.Errorf("%s: %s is not as stored", c.name, n)
			}
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// Vectors are shown changed; several changes add up; none leaves the source itself.
func TestVectorsAndSeveral(t *testing.T) {
	file := weights.Map{
		"diffusion_model.blocks.0.self_attn.q.diff_b":    stored(tensor.F32, 1, dim),
		"diffusion_model.blocks.0.norm3.diff":            stored(tensor.BF16, 2, dim),
		"diffusion_model.blocks.0.modulation.diff":       stored(tensor.F32, 3, 1, 6, dim),
		"diffusion_model.blocks.0.self_attn.norm_q.diff": stored(tensor.F32, 4, dim),
		"diffusion_model.head.modulation.diff":           stored(tensor.F32, 4, 1, 2, dim),
	}
	a, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Read(pair("blocks.0.self_attn.q.lora_A.weight", "blocks.0.self_attn.q.lora_B.weight"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Apply(base(), Use{Adapter: a, Strength: 2}, Use{Adapter: b, Strength: 1}, Use{Adapter: a, Strength: -.5}, Use{Adapter: b, Strength: .5})
	if err != nil {
		t.Fatal(err)
	}
	for name, from := range map[string]string{"blocks.0.self_attn.q.bias": "self_attn.q.diff_b", "blocks.0.norm3.weight": "norm3.diff",
		"blocks.0.modulation": "blocks.0.modulation.diff", "blocks.0.self_attn.norm_q.weight": "norm_q.diff", "head.modulation": "head.modulation.diff"} {
		was, now := read(t, base(), name), read(t, got, name)
		for full := range file {
			if !strings.HasSuffix(full, from) {
				continue
			}
			for i, d := range read(t, file, full) {
				if want := was[i] + 1.5*d; math.Abs(float64(now[i]-want)) > 1e-5 {
					t.Fatalf("%s: %g, want %g", name, now[i], want)
				}
			}
		}
		if _, shape, _ := got.Info(name); !shape.Equal(base()[name].Shape) {
			t.Errorf("%s: shape %v", name, shape)
		}
	}
	want := effective(t, base(), "blocks.0.self_attn.q")
	one, err := Apply(base(), Use{Adapter: b, Strength: 1.5})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "two of them", effective(t, got, "blocks.0.self_attn.q"), effective(t, one, "blocks.0.self_attn.q"))
	if effective(t, one, "blocks.0.self_attn.q")[0] == want[0] {
		t.Error("nothing changed")
	}
	plain := base()
	if s, err := Apply(plain, Use{Adapter: b, Strength: 0}); err != nil || fmt.Sprintf("%p", s) != fmt.Sprintf("%p", plain) {
		t.Errorf("strength 0 shows something else than the model (%v)", err)
	}
	if n := len(got.Names()); n != len(plain)+6 {
		t.Errorf("%d names, want %d", n, len(plain)+6)
	}
}

// A module of diffusers' that is three of ours changes each by its rows.
func TestFused(t *testing.T) {
	file := weights.Map{"blocks.0.attn1.to_qkv.lora_A.weight": stored(tensor.F32, 1, 2, dim), "blocks.0.attn1.to_qkv.lora_B.weight": stored(tensor.F32, 1, 3*dim, 2)}
	a, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Apply(base(), Use{Adapter: a, Strength: 1})
	if err != nil {
		t.Fatal(err)
	}
	all := read(t, file, "blocks.0.attn1.to_qkv.lora_B.weight")
	for i, q := range []string{"q", "k", "v"} {
		up := read(t, got, "blocks.0.self_attn."+q+".lora.0.up")
		if fmt.Sprint(up) != fmt.Sprint(all[i*2*dim:(i+1)*2*dim]) {
			t.Errorf("%s: %v", q, up)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		file weights.Map
		want string
	}{
		{weights.Map{"blocks.0.self_attn.q.dora_scale": stored(tensor.F32, 1, dim)}, "a DoRA"},
		{weights.Map{"blocks.0.self_attn.q.lora_magnitude_vector.default.weight": stored(tensor.F32, 1, dim)}, "a DoRA"},
		{weights.Map{"lora_unet_blocks_0_self_attn_q.lokr_w1": stored(tensor.F32, 1, 2, 2)}, "a LoKr"},
		{weights.Map{"lora_unet_blocks_0_self_attn_q.hada_w1_a": stored(tensor.F32, 1, 2, 2)}, "a LoHa"},
		{weights.Map{"lora_unet_blocks_0_self_attn_q.lora_mid.weight": stored(tensor.F32, 1, 2, 2)}, "lora_mid"},
		{weights.Map{"blocks.0.self_attn.q.set_weight": stored(tensor.F32, 1, 2, 2)}, "other shapes"},
		{weights.Map{"blocks.0.self_attn.q.reshape_weight": stored(tensor.F32, 1, 2)}, "other shapes"},
		{weights.Map{"blocks.0.self_attn.q.lora_B.bias": stored(tensor.F32, 1, 2)}, "biases of its own"},
		{weights.Map{"lora_te_text_model_encoder_layers_0_q.lora_down.weight": stored(tensor.F32, 1, 2, 2)}, "text encoder"},
		{pair("transformer.transformer_blocks.0.attn.to_q.lora_A.weight", "transformer.transformer_blocks.0.attn.to_q.lora_B.weight"), "LTX-Video"},
		{pair("lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight", "lora_unet_down_blocks_0_attentions_0_proj_in.lora_up.weight"), "Stable Diffusion"},
		{pair("diffusion_model.double_blocks.0.img_attn.qkv.lora_A.weight", "diffusion_model.double_blocks.0.img_attn.qkv.lora_B.weight"), "FLUX"},
		{pair("model.layers.0.self_attn.q_proj.lora_A.weight", "model.layers.0.self_attn.q_proj.lora_B.weight"), "a language model"},
		{weights.Map{"blocks.0.self_attn.q.lora_A.weight": stored(tensor.F32, 1, 2, dim)}, "no partner"},
		{weights.Map{"blocks.0.self_attn.q.lora_A.weight": stored(tensor.F32, 1, 2, dim), "blocks.0.self_attn.q.lora_B.weight": stored(tensor.F32, 1, dim, 3)}, "ranks differ"},
		{weights.Map{"blocks.0.self_attn.q.lora_A.weight": stored(tensor.F32, 1, dim), "blocks.0.self_attn.q.lora_B.weight": stored(tensor.F32, 1, dim, 3)}, "want matrices"},
		{weights.Map{"blocks.0.self_attn.q.lora_A.weight": stored(tensor.F64, 1, 2, dim), "blocks.0.self_attn.q.lora_B.weight": stored(tensor.F32, 1, dim, 2)}, "f64"},
		{weights.Map{"blocks.0.self_attn.q.alpha": stored(tensor.F32, 1)}, "holds no changes"},
		{weights.Map{"blocks.0.self_attn.q.lora_A.weight": stored(tensor.F32, 1, 2, dim), "blocks.0.self_attn.q.lora_B.weight": stored(tensor.F32, 1, dim, 2),
			"blocks.0.self_attn.q.alpha": stored(tensor.F32, float32(math.NaN()))}, "NaN"},
		{weights.Map{"blocks.0.self_attn.q.lora_A.weight": stored(tensor.F32, 1, 2, dim), "blocks.0.self_attn.q.lora_B.weight": stored(tensor.F32, 1, dim, 2),
			"blocks.0.self_attn.q.alpha": stored(tensor.F32, 1, 3)}, "want one number"},
		{weights.Map{"diffusion_model.blocks.0.self_attn.q.diff": stored(tensor.F32, 1, dim, dim), "blocks.0.self_attn.q.diff": stored(tensor.F32, 1, dim, dim)}, "mean the same"},
	} {
		a, err := Read(c.file)
		if err != nil && !errors.Is(err, inference.ErrInvalid) {
			t.Errorf("%v: not a refusal", err)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v %v, want …%s…", c.file.Names(), a, err, c.want)
		}
	}
	for _, c := range []struct {
		file weights.Map
		want string
	}{
		{weights.Map{"blocks.0.self_attn.q.lora_A.weight": stored(tensor.F32, 1, 2, 5120), "blocks.0.self_attn.q.lora_B.weight": stored(tensor.F32, 1, 5120, 2)}, "it is for Wan 14B (width 5120), and this model's width is 8"},
		{weights.Map{"blocks.0.ffn.2.lora_A.weight": stored(tensor.F32, 1, 2, 13824), "blocks.0.ffn.2.lora_B.weight": stored(tensor.F32, 1, 5120, 2)}, "Wan 14B"},
		{weights.Map{"blocks.0.self_attn.q.diff": stored(tensor.F32, 1, 1536, 1536)}, "Wan2.1 T2V 1.3B"},
		{pair("blocks.7.self_attn.q.lora_A.weight", "blocks.7.self_attn.q.lora_B.weight"), "blocks.7.self_attn.q, which this model does not have"},
		{weights.Map{"blocks.0.ffn.0.lora_A.weight": stored(tensor.F32, 1, 2, dim), "blocks.0.ffn.0.lora_B.weight": stored(tensor.F32, 1, 5, 2)}, "the weight is [12 8]"},
		{weights.Map{"blocks.0.norm3.diff": stored(tensor.F32, 1, 5)}, "the weight is [8]"},
		{weights.Map{"blocks.0.ffn.0.diff_b": stored(tensor.F32, 1, ffn)}, "the bias is"},
		{weights.Map{"blocks.0.norm3.lora_A.weight": stored(tensor.F32, 1, 2, 1), "blocks.0.norm3.lora_B.weight": stored(tensor.F32, 1, dim, 2)}, "product of matrices"},
	} {
		a, err := Read(c.file)
		if err != nil {
			t.Errorf("%v: %v", c.file.Names(), err)
			continue
		}
		_, err = Apply(base(), Use{Adapter: a, Strength: 1})
		if !errors.Is(err, inference.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want …%s…", c.file.Names(), err, c.want)
		}
	}
}

func TestOtherFilesAreNone(t *testing.T) {
	for _, m := range []weights.Map{{}, base(), {"a": stored(tensor.F32, 1, 2)}, {"model.layers.0.self_attn.q_proj.weight": stored(tensor.F32, 1, 2, 2)}} {
		if Known(m) {
			t.Errorf("%v passes for a LoRA", m.Names())
		}
	}
}

// FuzzRead: whatever a file holds, there is an Adapter or a sentence.
func FuzzRead(f *testing.F) {
	for _, m := range []weights.Map{
		pair("diffusion_model.blocks.1.self_attn.q.lora_A.weight", "diffusion_model.blocks.1.self_attn.q.lora_B.weight"),
		{"lora_unet_blocks_0_self_attn_q.lokr_w1": stored(tensor.F32, 1, 2, 2)},
		{"blocks.0.norm3.diff": stored(tensor.BF16, 2, dim), "blocks.0.self_attn.q.diff_b": stored(tensor.F32, 1, dim)},
		{"blocks.0.attn1.to_qkv.lora_A.weight": stored(tensor.F32, 1, 2, dim), "blocks.0.attn1.to_qkv.lora_B.weight": stored(tensor.F32, 1, 3*dim, 2), "blocks.0.attn1.to_qkv.alpha": stored(tensor.I64, 1)},
	} {
		b, err := safetensorsOf(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := safetensors.Read(mapped.Bytes(raw))
		if err != nil {
			return
		}
		a, err := Read(s)
		if err != nil {
			return
		}
		v, err := Apply(base(), Use{Adapter: a, Strength: 1})
		if err != nil {
			return
		}
		for _, n := range v.Names() {
			d, shape, _ := v.Info(n)
			if b, err := v.Bytes(n); err != nil || int64(len(b)) != d.Size(shape.Len()) {
				t.Errorf("%s: %d bytes for %v of %v (%v)", n, len(b), shape, d, err)
			}
		}
	})
}

func safetensorsOf(m weights.Map) ([]byte, error) {
	var list []safetensors.Entry
	for _, n := range m.Names() {
		e := m[n]
		list = append(list, safetensors.Entry{Name: n, DType: e.DType, Shape: e.Shape, Data: safetensors.Bytes(e.Data)})
	}
	var b bytes.Buffer
	err := safetensors.Write(&b, list, nil)
	return b.Bytes(), err
}
