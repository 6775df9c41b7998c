package convert

import (
	"kinora/inference/weights"
	"kinora/inference/weights/dialect"
	"kinora/inference/weights/gguf"
)

var architectures = map[dialect.Part]string{dialect.Denoiser: "wan", dialect.Text: "t5encoder", dialect.VAE: "wan_vae"}

// carried lists the keys that mean the same in the new file: what the model is, and
// its tokenizer.
var carried = []string{
	"general.name", "general.license", "tokenizer.ggml.model", "tokenizer.ggml.pre", "tokenizer.ggml.tokens", "tokenizer.ggml.scores",
	"tokenizer.ggml.token_type", "tokenizer.ggml.add_space_prefix", "tokenizer.ggml.remove_extra_whitespaces",
	"tokenizer.ggml.precompiled_charsmap", "tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id", "tokenizer.ggml.padding_token_id",
	"tokenizer.ggml.unknown_token_id", "tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_eos_token",
	"t5encoder.attention.head_count", "t5encoder.block_count", "t5encoder.embedding_length", "t5encoder.feed_forward_length",
	"t5encoder.attention.relative_buckets_count", "t5encoder.attention.key_length", "t5encoder.attention.value_length", "t5encoder.attention.layer_norm_rms_epsilon",
}

// config is the note in which a model says what shapes cannot tell. As a key it comes
// back among a GGUF file's notes.
const config = "config"

// keysFor gathers the keys of a GGUF file for a part.
func keysFor(s weights.Source, part dialect.Part) []gguf.Key {
	keys := []gguf.Key{{Name: "general.architecture", Value: architectures[part]}, {Name: "general.quantization_version", Value: uint32(2)}}
	for _, name := range carried {
		v, err := weights.Value(s, name)
		if err != nil || v == nil {
			continue
		}
		switch x := v.(type) {
		case []int64:
			v = narrowed[int32](x)
		case []float64:
			v = narrowed[float32](x)
		case int64:
			if x >= 0 && x < 1<<32 {
				v = uint32(x)
			}
		case uint64:
			if x < 1<<32 {
				v = uint32(x)
			}
		case float64:
			v = float32(x)
		}
		keys = append(keys, gguf.Key{Name: name, Value: v})
	}
	if c := weights.Metadata(s)[config]; c != "" {
		keys = append(keys, gguf.Key{Name: config, Value: c})
	}
	return keys
}

func narrowed[To, From int32 | int64 | float32 | float64](x []From) []To {
	y := make([]To, len(x))
	for i, v := range x {
		y[i] = To(v)
	}
	return y
}
