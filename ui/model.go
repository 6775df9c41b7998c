package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"kinora/app/studio"
	"kinora/inference"
	"kinora/ui/widgets"
)

// situations name what examples are for, in the order of their chips.
var situations = []struct{ key, name string }{
	{"class", "Class"},
	{"advertisement", "Advertisement"},
	{"characters", "Characters"},
	{"shapes", "Shapes"},
}

// models reads the list of models anew.
func (c *compose) models() {
	name := c.modelName()
	c.list = c.w.door.Models()
	var titles []string
	for _, m := range c.list {
		titles = append(titles, or(m.Title, m.Name))
	}
	c.model.SetOptions(titles)
	c.model.PlaceHolder = c.w.say("No model")
	c.selectModel(name)
}

// modelName is the chosen model, the first if none is.
func (c *compose) modelName() string {
	if i := c.model.SelectedIndex(); i >= 0 && i < len(c.list) {
		return c.list[i].Name
	}
	if len(c.list) > 0 {
		return c.list[0].Name
	}
	return ""
}

func (c *compose) selectModel(name string) {
	i := slices.IndexFunc(c.list, func(m inference.Model) bool { return m.Name == name })
	if i < 0 {
		i = 0
	}
	if i < len(c.list) && i != c.model.SelectedIndex() {
		c.model.SetSelectedIndex(i)
	}
}

// pickModel makes the controls fit the chosen model.
func (c *compose) pickModel() {
	i := c.model.SelectedIndex()
	if i < 0 || i >= len(c.list) {
		return
	}
	m := c.list[i]
	d := c.w.door.Defaults(m.Name)
	c.sampler.SetOptions(m.Samplers)
	c.size.fit(m, d)
	c.image.allow(m.ImageToVideo)
	c.offer(c.w.door.Examples(m.Name))
	if c.quiet {
		return
	}
	c.quiet = true
	c.steps.SetValue(float64(d.Steps))
	c.frames.SetValue(float64(d.Frames))
	c.size.set(d.Width, d.Height)
	c.guidance.SetValue(d.Guidance)
	c.shift.SetValue(d.Shift)
	c.window.SetValue(float64(d.Window))
	c.sampler.SetSelected(d.Sampler)
	c.base.FPS = d.FPS
	c.quiet = false
	c.changed()
}

// offer shows a chip for every situation that has examples.
func (c *compose) offer(examples []studio.Example) {
	c.examples.Objects = nil
	known := map[string]bool{}
	chip := func(key, name string) {
		var of []string
		for _, e := range examples {
			if e.Situation == key {
				of = append(of, e.Prompt)
			}
		}
		if len(of) == 0 || known[key] {
			return
		}
		known[key] = true
		var it *widgets.Chip
		it = widgets.NewChip(c.w.say(name)+"  ▾", func() { c.menu(it, of) })
		c.examples.Add(it)
	}
	for _, s := range situations {
		chip(s.key, s.name)
	}
	for _, e := range examples {
		chip(e.Situation, e.Situation)
	}
	c.examples.Refresh()
}

// menu lists examples under a chip.
func (c *compose) menu(under fyne.CanvasObject, prompts []string) {
	var items []*fyne.MenuItem
	for _, p := range prompts {
		items = append(items, fyne.NewMenuItem(short(p, 64), func() { c.prompt.SetText(p) }))
	}
	pos := c.w.app.Driver().AbsolutePositionForObject(under)
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), c.w.Canvas(), pos.AddXY(0, under.Size().Height+4))
}

func short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
