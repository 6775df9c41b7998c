package lora

import (
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"kinora/inference/weights"
)

// Metadata of a file in which its trainer's settings may stand, as JSON: ConfigKey
// that of a PEFT adapter_config.json, which lies beside the file and is put there by
// who opens it; diffusersKey the same as diffusers writes it into the file.
const (
	ConfigKey    = "adapter_config"
	diffusersKey = "lora_adapter_metadata"
)

// settings are those of PEFT's LoraConfig that say how strong a change is: α/rank, or
// α/√rank in rank-stabilised LoRA (Kalajdzievski 2023), where no α is in the file.
type settings struct {
	Alpha   *float64           `json:"lora_alpha"`
	Alphas  map[string]float64 `json:"alpha_pattern"` // by the end of a module's name
	Rooted  bool               `json:"use_rslora"`
	pattern []rule
}

type rule struct {
	of    *regexp.Regexp
	alpha float64
}

func readSettings(s weights.Source) (c settings, err error) {
	about := weights.Metadata(s)
	text := about[ConfigKey]
	if text == "" {
		if text, err = bare(about[diffusersKey]); err != nil {
			return c, err
		}
	}
	if text == "" {
		return c, nil
	}
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return c, invalid("its settings are not those of a LoRA: %v", err)
	}
	for _, key := range slices.Sorted(maps.Keys(c.Alphas)) {
		of, err := regexp.Compile(`^(.*\.)?(` + key + `)$`)
		if err != nil {
			return c, invalid("its settings have the pattern %q: %v", key, err)
		}
		c.pattern = append(c.pattern, rule{of, c.Alphas[key]})
	}
	return c, nil
}

// bare takes the name of the model off the names of diffusers' settings.
func bare(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return "", invalid("its %s cannot be read: %v", diffusersKey, err)
	}
	to := map[string]json.RawMessage{}
	for name, v := range all {
		if rest, ok := strings.CutPrefix(name, "transformer."); ok {
			name = rest
		}
		to[name] = v
	}
	b, err := json.Marshal(to)
	return string(b), err
}

// scale is what a change of a rank is multiplied by, of the module as the file calls it.
func (c settings) scale(module string, rank int) (float64, error) {
	if c.Alpha == nil {
		return 1, nil
	}
	alpha := *c.Alpha
	for _, r := range c.pattern {
		if r.of.MatchString(module) {
			alpha = r.alpha
			break
		}
	}
	by := float64(rank)
	if c.Rooted {
		by = math.Sqrt(by)
	}
	if math.IsNaN(alpha) || math.Abs(alpha) > maxAlpha {
		return 0, invalid("its settings give %s an alpha of %g", module, alpha)
	}
	return alpha / by, nil
}
