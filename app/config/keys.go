package config

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
	"gopkg.in/yaml.v3"
)

// A key is one line that a file may have.
type key struct {
	name string
	set  func(*Config, *yaml.Node) (fault string)
	// what it does here, for people; note is set when that is nothing.
	what, note string
}

var precisions = []string{"auto", "fp32", "float32", "bf16", "bfloat16", "fp16", "float16", "fp8"}

// keys are all that a file may say.
var keys = []key{
	{"model_name", text(func(c *Config) **string { return &c.ModelName }, nil),
		"the model that is offered first", ""},
	{"precision", text(func(c *Config) **string { return &c.Precision }, precisions),
		"arithmetic on the GPU; the CPU reckons in fp32", "used on the GPU only; the CPU reckons in fp32"},
	{"use_checkpointing", flag(func(c *Config) **bool { return &c.UseCheckpointing }),
		"nothing", "has no effect: it saves memory in training, and Kinora only generates"},
	{"num_inference_steps", number(func(c *Config) **int { return &c.NumInferenceSteps }, 1, 1000),
		"steps of a clip", ""},
	{"height", number(func(c *Config) **int { return &c.Height }, 1, 16384), "height of a clip in pixels", ""},
	{"width", number(func(c *Config) **int { return &c.Width }, 1, 16384), "width of a clip in pixels", ""},
	{"num_frames", number(func(c *Config) **int { return &c.NumFrames }, 1, 100000), "frames of a clip", ""},
	{"max_batch_size", number(func(c *Config) **int { return &c.MaxBatchSize }, 1, 1024),
		"nothing", "has no effect: clips are made one after another"},
	{"enable_cuda_graph", flag(func(c *Config) **bool { return &c.EnableCUDAGraph }),
		"whether a step on the GPU is recorded and replayed", "used on the GPU only"},
	{"compile_model", flag(func(c *Config) **bool { return &c.CompileModel }),
		"nothing", "has no effect: all kernels are compiled already"},
	{"device_ids", devices, "which GPU is used: the first of the list; an empty list means the CPU", ""},
	{"cache_prompt_results", flag(func(c *Config) **bool { return &c.CachePromptResults }),
		"whether the same request again is answered from the history", ""},
}

// Describe lists every key and what it does here, for help texts.
func Describe() [][2]string {
	var out [][2]string
	for _, k := range keys {
		out = append(out, [2]string{k.name, k.what})
	}
	return out
}

func text(at func(*Config) **string, allowed []string) func(*Config, *yaml.Node) string {
	return func(c *Config, n *yaml.Node) string {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || strings.TrimSpace(n.Value) == "" {
			return "want a word" + got(n)
		}
		v := norm.NFC.String(strings.TrimSpace(n.Value))
		if allowed != nil && !slices.Contains(allowed, strings.ToLower(v)) {
			return "want one of " + strings.Join(allowed, ", ") + got(n)
		}
		*at(c) = &v
		return ""
	}
}

func flag(at func(*Config) **bool) func(*Config, *yaml.Node) string {
	return func(c *Config, n *yaml.Node) string {
		var v bool
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Decode(&v) != nil {
			return "want true or false" + got(n)
		}
		*at(c) = &v
		return ""
	}
}

func number(at func(*Config) **int, low, high int) func(*Config, *yaml.Node) string {
	return func(c *Config, n *yaml.Node) string {
		v, ok := whole(n)
		if !ok || v < low || v > high {
			return fmt.Sprintf("want a whole number from %d to %d%s", low, high, got(n))
		}
		*at(c) = &v
		return ""
	}
}

func devices(c *Config, n *yaml.Node) string {
	items := n.Content
	if n.Kind == yaml.ScalarNode {
		items = []*yaml.Node{n}
	} else if n.Kind != yaml.SequenceNode {
		return "want a list of numbers such as [0]" + got(n)
	}
	ids := []int{}
	for _, item := range items {
		v, ok := whole(item)
		if !ok || v < 0 || v > 1023 {
			return "want a list of numbers such as [0]" + got(item)
		}
		if slices.Contains(ids, v) {
			return fmt.Sprintf("%d is in the list twice", v)
		}
		ids = append(ids, v)
	}
	c.DeviceIDs = &ids
	return ""
}

func whole(n *yaml.Node) (v int, ok bool) {
	return v, n.Kind == yaml.ScalarNode && n.Tag == "!!int" && n.Decode(&v) == nil
}

func got(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return ", not a mapping"
	case yaml.SequenceNode:
		return ", not a list"
	case yaml.AliasNode:
		return ", not an alias"
	}
	if n.Value == "" {
		return ", but nothing is there"
	}
	return fmt.Sprintf(", not %q", clip(n.Value))
}

func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// guess proposes the key that was probably meant.
func guess(name string) string {
	best, at := len(name)/2+1, ""
	for _, k := range keys {
		if d := distance(strings.ToLower(clip(name)), k.name); d < best {
			best, at = d, k.name
		}
	}
	if at == "" {
		return ""
	}
	return "; did you mean " + at + "?"
}

// distance is the number of letters to add, drop or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
