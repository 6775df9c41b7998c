package ui

import (
	"slices"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"kinora/app/studio"
	"kinora/inference"
	"kinora/ui/theme"
	"kinora/ui/widgets"
)

// situations name what examples are for, in the order of their chips.
var situations = []struct{ key, name string }{
	{"class", "Class"},
	{"advertisement", "Advertisement"},
	{"characters", "Characters"},
	{"shapes", "Shapes"},
}

// A kind is a model with all that the pane wants to know of it.
type kind struct {
	inference.Model
	defaults inference.Request
	examples []studio.Example
}

// models reads the list of models anew, in the background: files are looked into.
func (c *compose) models() {
	c.turn++
	turn := c.turn
	c.w.background(func() func() {
		d := c.w.door
		var list []kind
		for _, m := range d.Models() {
			list = append(list, kind{m, d.Defaults(m.Name), d.Examples(m.Name)})
		}
		files := d.LoRAs()
		var why error
		if len(list) == 0 {
			_, _, why = d.Check(inference.Request{Prompt: "-"})
		}
		return func() {
			if turn == c.turn {
				c.loras.list = files
				c.learn(list, why)
			}
		}
	})
}

// learn takes over a list of models.
func (c *compose) learn(list []kind, why error) {
	name, first := c.modelName(), c.list == nil
	c.list = list
	var titles []string
	for _, m := range list {
		titles = append(titles, or(m.Title, m.Name))
	}
	c.quiet = true
	c.model.PlaceHolder = c.w.say("No model")
	c.model.SetOptions(titles)
	c.model.ClearSelected()
	c.quiet = false
	switch {
	case len(list) == 0:
		c.list = nil
		c.note.set(nil, why)
		c.busy()
	case c.wanted != nil:
		t := *c.wanted
		c.wanted = nil
		c.write(t)
	case first:
		c.restore()
	default:
		c.quiet = true
		c.selectModel(name)
		c.quiet = false
		if now := c.chosen(); now != nil && now.Name != name { // it went away: the pane fits the one in its place
			c.pickModel()
			if name != "" {
				c.w.over.Toast(c.w.say("%s is no longer there; %s is chosen in its place", name, or(now.Title, now.Name)), "", nil)
			}
		}
		c.changed()
	}
}

// chosen is the model that is chosen, or nil.
func (c *compose) chosen() *kind {
	if i := c.model.SelectedIndex(); i >= 0 && i < len(c.list) {
		return &c.list[i]
	}
	return nil
}

func (c *compose) modelName() string {
	if m := c.chosen(); m != nil {
		return m.Name
	}
	return ""
}

// defaults is what the chosen model does by itself.
func (c *compose) defaults() inference.Request {
	if m := c.chosen(); m != nil {
		return m.defaults
	}
	return inference.Request{}
}

func (c *compose) selectModel(name string) {
	i := max(slices.IndexFunc(c.list, func(m kind) bool { return m.Name == name }), 0)
	if i < len(c.list) && i != c.model.SelectedIndex() {
		c.model.SetSelectedIndex(i)
	}
}

// pickModel makes the controls fit the chosen model.
func (c *compose) pickModel() {
	m := c.chosen()
	if m == nil {
		return
	}
	d := m.defaults
	c.sampler.SetOptions(m.Samplers)
	c.size.fit(m.Model, d)
	c.image.allow(m.ImageToVideo)
	c.offer(m.examples)
	if c.quiet {
		return
	}
	c.quiet = true
	c.steps.SetValue(float64(d.Steps))
	c.frames.SetValue(float64(d.Frames))
	c.size.set(d.Width, d.Height)
	c.guidance.SetValue(d.Guidance)
	c.guided.SetValue(guidedPart(d, d))
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
		of := c.w.native(examples, key)
		if len(of) == 0 || known[key] {
			return
		}
		known[key] = true
		var it *widgets.Chip
		it = widgets.NewChip(c.w.say(name), theme.Down.Resource(), func() { c.menu(it, of) })
		c.examples.Add(it)
	}
	for _, s := range situations {
		chip(s.key, s.name)
	}
	for _, e := range examples {
		chip(e.Situation, e.Situation)
	}
	c.examples.Refresh()
	c.relay()
}

// native are the examples for a situation in the language of the window, or all
// if there are none.
func (s speech) native(examples []studio.Example, situation string) (of []string) {
	var all []string
	for _, e := range examples {
		if e.Situation != situation {
			continue
		}
		all = append(all, e.Prompt)
		han := strings.ContainsFunc(e.Prompt, func(r rune) bool { return unicode.Is(unicode.Han, r) })
		if han == (s != nil) {
			of = append(of, e.Prompt)
		}
	}
	if of == nil {
		return all
	}
	return of
}

// menu lists examples under a chip.
func (c *compose) menu(under fyne.CanvasObject, prompts []string) {
	pos := c.w.app.Driver().AbsolutePositionForObject(under)
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", c.items(prompts)...), c.w.Canvas(), pos.AddXY(0, under.Size().Height+4))
}

func (c *compose) items(prompts []string) (items []*fyne.MenuItem) {
	for _, p := range prompts {
		items = append(items, fyne.NewMenuItem(short(p, 64), func() { c.prompt.SetText(p) }))
	}
	return items
}

func short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
