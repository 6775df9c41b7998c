package lora

import (
	"regexp"
	"strings"

	"kinora/inference/weights/dialect"
)

// A role is what a tensor is to its module.
type role int

const (
	none role = iota
	down      // A
	up        // B
	alpha
	full // the difference of a whole weight
	bias // the difference of a bias
)

// endings give tensors their roles. The name that PEFT gives an adapter may stand
// between, as in lora_A.default.weight.
var endings = []struct {
	of   *regexp.Regexp
	role role
}{
	{regexp.MustCompile(`[._](lora_A|lora_down|lora\.down)(\.[^.]+)?\.weight$`), down},
	{regexp.MustCompile(`[._](lora_B|lora_up|lora\.up)(\.[^.]+)?\.weight$`), up},
	{regexp.MustCompile(`\.alpha$`), alpha},
	{regexp.MustCompile(`\.diff$`), full},
	{regexp.MustCompile(`\.diff_b$`), bias},
}

// others are changes of other kinds, which are refused by name: left out without a
// word they would make another clip than the one that the file is known for.
var others = []struct {
	of   *regexp.Regexp
	what string
}{
	{regexp.MustCompile(`\.(dora_scale|lora_magnitude_vector(\.[^.]+)*)$`), "a DoRA"},
	{regexp.MustCompile(`\.lokr_`), "a LoKr"},
	{regexp.MustCompile(`\.hada_`), "a LoHa"},
	{regexp.MustCompile(`\.lora_mid(\.|$)`), "a LoCon with Tucker decomposition (lora_mid)"},
	{regexp.MustCompile(`\.(oft_|boft_)`), "an OFT"},
	{regexp.MustCompile(`\.(set_weight|reshape_weight)$`), "one that puts weights of other shapes in place of the model's"},
	{regexp.MustCompile(`\.lora_[AB](\.[^.]+)?\.bias$`), "one with biases of its own"},
}

// split takes a tensor's role off its name, and what programs put before it.
func split(name string) (module string, r role, err error) {
	for _, o := range others {
		if o.of.MatchString(name) {
			return "", none, invalid("%s makes it %s, which Kinora does not know", name, o.what)
		}
	}
	module = name
	for _, e := range endings {
		if at := e.of.FindStringIndex(name); at != nil {
			module, r = name[:at[0]], e.role
			break
		}
	}
	for again := true; again; {
		again = false
		for _, p := range []string{"base_model.model.", "model.diffusion_model.", "diffusion_model.", "transformer.", "model.", "unet."} {
			if rest, ok := strings.CutPrefix(module, p); ok {
				module, again = rest, true
			}
		}
	}
	return module, r, nil
}

// dotted turns the names that kohya's tools make, lora_unet_blocks_0_self_attn_q, back
// into those of modules; others stay.
func dotted(module, name string) (string, error) {
	flat, ok := strings.CutPrefix(module, "lora_unet_")
	if !ok {
		if strings.HasPrefix(module, "lora_te") || strings.HasPrefix(module, "text_encoder") {
			return "", invalid("%s changes a text encoder, which Kinora leaves as it is", name)
		}
		return module, nil
	}
	flat = strings.TrimPrefix(flat, "_")
	block, inner, inside := "", flat, false
	if m := inBlock.FindStringSubmatch(flat); m != nil {
		block, inner, inside = "blocks."+m[1]+".", m[2], true
	}
	for _, d := range dialect.DenoiserModules() {
		in, ofBlock := strings.CutPrefix(d, "blocks.*.")
		if ofBlock == inside && strings.ReplaceAll(in, ".", "_") == inner {
			return block + in, nil
		}
	}
	return "", stranger(name)
}

var inBlock = regexp.MustCompile(`^blocks_(\d+)_(.+)$`)

// ours reports whether a module is one that a denoiser of this family may have.
func ours(module string) bool {
	first, _, _ := strings.Cut(module, ".")
	switch first {
	case "blocks", "head", "patch_embedding", "text_embedding", "time_embedding", "time_projection", "position_embedding",
		"condition_embedder", "proj_out", "scale_shift_table":
		return true
	}
	return false
}

// fromDiffusers reports whether a module has a name that only diffusers gives.
func fromDiffusers(module string) bool {
	for _, mark := range []string{".attn1", ".attn2", ".ffn.net.", "condition_embedder.", "proj_out", "scale_shift_table"} {
		if strings.Contains(module, mark) {
			return true
		}
	}
	return false
}

// passedOver are modules that only models which look at pictures in another way have.
func passedOver(module string) bool {
	for _, m := range []string{"k_img", "v_img", "norm_k_img", "add_k_proj", "add_v_proj", "norm_added_k", "img_emb", "image_embedder"} {
		if strings.Contains(module, m) {
			return true
		}
	}
	return false
}

// families are told by how their modules are called.
var families = []struct{ mark, model string }{
	{"double_blocks", "FLUX or HunyuanVideo"}, {"single_transformer_blocks", "FLUX"}, {"single_blocks", "FLUX or HunyuanVideo"},
	{"joint_blocks", "Stable Diffusion 3"}, {"transformer_blocks", "LTX-Video, CogVideoX or another model"},
	{"down_blocks", "Stable Diffusion"}, {"input_blocks", "Stable Diffusion"}, {"up_blocks", "Stable Diffusion"}, {"layers.", "a language model"},
}

func stranger(name string) error {
	for _, f := range families {
		if strings.Contains(name, f.mark) {
			return invalid("it is for %s (%s), not for a Wan model", f.model, name)
		}
	}
	return invalid("%s belongs to nothing that a Wan model has", name)
}

// endsIn reports whether a module is called so, whatever it lies in.
func endsIn(module string, names ...string) bool {
	for _, n := range names {
		if strings.HasSuffix(module, "."+n) {
			return true
		}
	}
	return false
}
