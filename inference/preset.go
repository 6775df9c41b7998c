package inference

import "strings"

// A Preset is how a checkpoint that was distilled for few steps wants to be asked: at
// its own noise levels (sampler dmd), without guidance.
type Preset struct {
	Name, Title string
	Steps       int
	Shift       float64
	hint        string // in the names of files that are made for it
}

// Presets lists the few-step checkpoints of Wan2.2 TI2V-5B. The first of each takes the
// levels as the model's own script does, timestep/1000; "warped" ones take 5s/(1+4s) of
// these, the schedule that Turbo was trained with and that other scripts use.
var Presets = []Preset{
	// FastVideo/FastWan2.2-TI2V-5B-FullAttn: timesteps 1000, 757, 522.
	{"fastwan", "FastWan", 3, 1, "fastwan"},
	{"fastwan-warped", "FastWan, warped", 3, 5, ""},
	// quanhaol/Wan2.2-TI2V-5B-Turbo: timesteps 1000, 750, 500, 250.
	{"turbo", "Turbo", 4, 1, "turbo"},
	{"turbo-warped", "Turbo, warped", 4, 5, ""},
}

// PresetNamed returns a preset by its name.
func PresetNamed(name string) (Preset, bool) {
	for _, p := range Presets {
		if p.Name == name {
			return p, true
		}
	}
	return Preset{}, false
}

// PresetHinted returns the preset that a file's name speaks of. Nothing in the tensors
// tells such a checkpoint from others, so this is no more than a hint.
func PresetHinted(name string) (Preset, bool) {
	name = strings.ToLower(name)
	for _, p := range Presets {
		if p.hint != "" && strings.Contains(name, p.hint) {
			return p, true
		}
	}
	return Preset{}, false
}

// Over puts the preset over a request.
func (p Preset) Over(r Request) Request {
	r.Sampler, r.Steps, r.Shift, r.Sigmas = "dmd", p.Steps, p.Shift, nil
	r.Guidance, r.GuidanceFrom, r.GuidanceTo = 1, 0, 0
	return r
}
