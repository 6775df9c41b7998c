package ui

import (
	"slices"

	"kinora/inference"
	"kinora/ui/widgets"
)

// presetField offers the settings of few-step checkpoints.
func (c *compose) presetField() *widgets.Select {
	names := []string{c.w.say("None")}
	for _, p := range inference.Presets {
		names = append(names, c.w.say(p.Title))
	}
	return widgets.NewSelect(names, func(string) {
		if c.quiet {
			return
		}
		r := c.defaults()
		if i := c.preset.SelectedIndex(); i > 0 {
			r = inference.Presets[i-1].Over(r)
		}
		c.quiet = true
		c.steps.SetValue(float64(r.Steps))
		c.guidance.SetValue(r.Guidance)
		c.guided.SetValue(guidedPart(r, c.defaults()))
		c.shift.SetValue(r.Shift)
		c.sampler.SetSelected(r.Sampler)
		c.base.Sigmas = r.Sigmas
		c.quiet = false
		c.changed()
	})
}

// showPreset selects the preset that the controls say, or none.
func (c *compose) showPreset() {
	now := inference.Request{Steps: int(c.steps.Value()), Guidance: c.guidance.Value(), Shift: c.shift.Value(), Sampler: c.sampler.Selected, Sigmas: c.base.Sigmas}
	i := slices.IndexFunc(inference.Presets, func(p inference.Preset) bool {
		r := p.Over(now)
		return r.Steps == now.Steps && r.Guidance == now.Guidance && r.Shift == now.Shift && r.Sampler == now.Sampler && len(now.Sigmas) == 0
	})
	if i+1 != c.preset.SelectedIndex() {
		was := c.quiet
		c.quiet = true
		c.preset.SetSelectedIndex(i + 1)
		c.quiet = was
	}
}
