package wan

import (
	"testing"

	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// Of the published model as the official files have it, matrices become what the official
// program computes with; the time, the head, norms and tables stay.
func TestRound(t *testing.T) {
	b := TI2V5B
	float := func(shapes map[string]tensor.Shape) weights.Map {
		m := weights.Map{}
		for name, s := range shapes {
			m[name] = weights.Entry{DType: tensor.F32, Shape: s}
		}
		return m
	}
	c := b.Outline("official", Stored{})
	c.Denoiser, c.Text, c.VAE = float(b.Denoiser()), float(b.Text()), float(b.VAE())
	m, err := New(c, Config{})
	if err != nil {
		t.Fatal(err)
	}
	var asked []int64
	got := m.Round(func(n int64) bool { asked = append(asked, n); return true }).Checkpoint()
	if len(asked) != 3 {
		t.Errorf("asked about %v", asked)
	}
	for src, want := range map[weights.Source]map[string]tensor.DType{
		got.Denoiser: {"blocks.3.self_attn.q.weight": tensor.BF16, "blocks.29.ffn.2.weight": tensor.BF16, "patch_embedding.weight": tensor.BF16,
			"text_embedding.0.weight": tensor.BF16, "time_embedding.2.weight": tensor.F32, "time_projection.1.weight": tensor.F32,
			"head.head.weight": tensor.F32, "head.modulation": tensor.F32, "blocks.0.modulation": tensor.F32, "blocks.0.self_attn.norm_q.weight": tensor.F32,
			"blocks.0.ffn.0.bias": tensor.F32},
		got.Text: {"token_embedding.weight": tensor.F32, "blocks.0.attn.q.weight": tensor.BF16, "blocks.0.norm1.weight": tensor.F32,
			"blocks.0.pos_embedding.embedding.weight": tensor.F32},
		got.VAE: {"decoder.conv1.weight": tensor.F16, "decoder.middle.1.to_qkv.weight": tensor.F16, "decoder.middle.0.residual.0.gamma": tensor.F32,
			"decoder.head.2.bias": tensor.F32},
	} {
		for name, as := range want {
			if d, _, ok := src.Info(name); !ok || d != as {
				t.Errorf("%s is %v (%v), want %v", name, d, ok, as)
			}
		}
	}
	if d, _, _ := m.Checkpoint().Denoiser.Info("blocks.3.self_attn.q.weight"); d != tensor.F32 {
		t.Error("the model that was asked has changed")
	}
	small := m.Round(func(int64) bool { return false }).Checkpoint()
	if d, _, _ := small.VAE.Info("decoder.conv1.weight"); d != tensor.F32 {
		t.Error("a part that is not large is rounded")
	}
}
