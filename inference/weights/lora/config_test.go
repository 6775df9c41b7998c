package lora

import (
	"errors"
	"math"
	"strings"
	"testing"

	"kinora/inference"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

type told struct {
	weights.Map
	about map[string]string
}

func (t told) Metadata() map[string]string { return t.about }

// TestSettings: how strong a change is stands in settings beside the tensors, where no
// alpha stands among them.
func TestSettings(t *testing.T) {
	const q = "blocks.1.attn1.to_q"
	for _, c := range []struct {
		name, key, text string
		alpha           bool // among the tensors, 6 of rank 4
		scale           float64
		err             string
	}{
		{name: "none", scale: 1},
		{name: "PEFT", key: ConfigKey, text: `{"lora_alpha":8,"r":4}`, scale: 2},
		{name: "diffusers", key: diffusersKey, text: `{"transformer.lora_alpha":8,"transformer.r":4}`, scale: 2},
		{name: "of a part of the modules", key: ConfigKey, text: `{"lora_alpha":8,"alpha_pattern":{"attn1.to_q":2,"to_k":100}}`, scale: 0.5},
		{name: "of other modules", key: ConfigKey, text: `{"lora_alpha":8,"alpha_pattern":{"1.to_q":2,"attn2.to_q":2}}`, scale: 2},
		{name: "a pattern", key: ConfigKey, text: `{"lora_alpha":8,"alpha_pattern":{"blocks\\.\\d+\\..*to_q":4}}`, scale: 1},
		{name: "rank-stabilised", key: ConfigKey, text: `{"lora_alpha":8,"use_rslora":true}`, scale: 4},
		{name: "the file's own goes first", key: ConfigKey, text: `{"lora_alpha":8}`, alpha: true, scale: 1.5},
		{name: "none that is known", key: diffusersKey, text: `{"transformer_2.lora_alpha":8}`, scale: 1},
		{name: "broken", key: ConfigKey, text: `{"lora_alpha":`, err: "not those of a LoRA"},
		{name: "broken in the file", key: diffusersKey, text: `[]`, err: "cannot be read"},
		{name: "no number", key: ConfigKey, text: `{"lora_alpha":"8"}`, err: "not those of a LoRA"},
		{name: "no pattern", key: ConfigKey, text: `{"lora_alpha":8,"alpha_pattern":{"(":2}}`, err: "pattern"},
		{name: "beyond reason", key: diffusersKey, text: `{"transformer.lora_alpha":1e30}`, err: "alpha of"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := weights.Map{q + ".lora_A.weight": stored(tensor.F32, 1, 4, dim), q + ".lora_B.weight": stored(tensor.F32, 1, dim, 4)}
			if c.alpha {
				m[q+".alpha"] = stored(tensor.F32, 6, 1)
			}
			a, err := Read(told{m, map[string]string{c.key: c.text}})
			if c.err != "" {
				if err == nil || !errors.Is(err, inference.ErrInvalid) || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, want an error of %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := a.changes["blocks.1.self_attn.q"].scale; math.Abs(got-c.scale) > 1e-9 {
				t.Errorf("scale %g, want %g", got, c.scale)
			}
		})
	}
}
