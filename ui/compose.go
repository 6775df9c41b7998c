package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app/job"
	"kinora/app/settings"
	"kinora/app/studio"
	"kinora/inference"
	"kinora/ui/theme"
	"kinora/ui/widgets"
)

// compose is the pane where a clip is asked for.
type compose struct {
	w    *Window
	base inference.Request // what the pane has no control for comes from here

	prompt, negative *widgets.Entry
	lines            *widgets.Check
	image            *firstFrame
	model            *widgets.Select
	list             []kind
	turn             int      // counts readings of the list
	wanted           *written // to be put into the controls once there are models
	examples         *fyne.Container

	steps, frames, guidance, window, shift *widgets.Number
	guided, reuse                          *widgets.Number
	size                                   *sizeField
	sampler, preset                        *widgets.Select
	loras                                  *loras

	seed   *widgets.Entry
	dice   *widgets.Button
	lockIt *widgets.Button
	locked bool

	more, less *widgets.Section // advanced, negative
	fields     *fyne.Container
	scroll     *widgets.Scroll
	length     *widgets.Text
	note       *note
	outlook    *outlook
	generate   *widgets.Button
	cancel     *widgets.Button
	quiet      bool // controls are being set: nobody typed
	restored   bool // they were set as at last time: nobody has asked for a clip yet
}

func newCompose(w *Window) *compose {
	c := &compose{w: w, quiet: true}
	c.prompt = widgets.NewLines(5)
	c.prompt.SetPlaceHolder(w.say("Describe the clip: who or what, doing what, where…"))
	c.negative = widgets.NewLines(2)
	c.negative.SetPlaceHolder(w.say("What should not be seen (optional)"))
	for _, e := range []*widgets.Entry{c.prompt, c.negative} {
		e.OnShortcut, e.OnKey = w.shortcut, w.escape
		e.OnCut = func(most int) {
			w.over.Toast(w.say("A line may have %d characters; the rest of it is left out", most), "", nil)
		}
		e.OnChanged = func(string) { c.changed() }
	}
	c.lines = widgets.NewCheck("", func(bool) { c.changed() })
	c.image = newFirstFrame(w)
	c.examples = container.New(&widgets.Wrap{Gap: 6})
	c.model = widgets.NewSelect(nil, func(string) { c.pickModel() })
	c.steps = c.number(w.say("Steps"), 1, 50, 200, 1)
	c.frames = c.number(w.say("Frames"), 1, 81, 401, 1)
	c.frames.SetCoarse(4)
	c.guidance = c.number(w.say("Guidance"), 1, 12, 30, .1)
	c.guided = c.number(w.say("Guided part"), .05, 1, 1, .05)
	c.reuse = c.number(w.say("Leave out"), 0, 1, 10, .05)
	c.window = c.number(w.say("Window"), inference.AutoWindow, 12, 64, 1)
	c.shift = c.number(w.say("Shift"), 0, 12, 100, .1)
	c.size = newSizeField(w, c.changed, c.relay)
	c.sampler = widgets.NewSelect(nil, func(string) { c.changed() })
	c.preset = c.presetField()
	c.loras = newLoRAs(w, c.changed, c.relay)
	c.seedField()
	c.less = widgets.NewSection(w.say("Negative prompt"), c.negative)
	c.length = widgets.Caption("")
	c.length.Align = fyne.TextAlignTrailing
	help := func(s string) fyne.CanvasObject { return widgets.Caption(w.say(s)) }
	c.more = widgets.NewSection(w.say("Advanced"), widgets.Column(7,
		c.loras.box,
		widgets.Named(w.say("Preset"), c.preset), help("Settings of checkpoints made for few steps"),
		widgets.Named(w.say("Sampler"), c.sampler), c.guidance,
		c.guided, help("Guides the first part of the steps; 1 guides all"),
		c.reuse, help("Leaves out steps that change less; 0.15 is good, 0 is off"),
		c.window, help("Latent frames seen on each side; 0: all, -1: found out"),
		c.shift, help("Shift of the noise schedule; 0 leaves it to the model")))
	c.note = newNote(w.speech)
	c.outlook = newOutlook(w)
	c.generate = widgets.NewButton(w.say("Generate"), theme.Spark.Resource(), c.submit)
	c.generate.Importance = widget.HighImportance
	c.generate.Help, c.generate.Hints = "Ctrl+Enter", w.over
	c.cancel = widgets.NewButton(w.say("Cancel"), nil, w.cancelCurrent)
	c.cancel.Help, c.cancel.Hints = "Esc", w.over
	c.model.PlaceHolder = w.say("Looking for models…")
	c.quiet = false
	c.lines.Hide()
	c.busy()
	c.models()
	return c
}

func (c *compose) number(name string, low, high, limit, grid float64) *widgets.Number {
	n := widgets.NewNumber(name, low, high, limit, grid, c.w.escape)
	n.OnChanged = func(float64) { c.changed() }
	n.Entry().OnShortcut = c.w.shortcut
	return n
}

// content lays the pane out: what scrolls, and the buttons that never do.
func (c *compose) content() fyne.CanvasObject {
	c.fields = widgets.Column(11,
		widgets.Fill(6, widgets.NewTitle(c.w.say("Prompt")), c.length, nil),
		c.prompt, c.lines, c.examples, c.less,
		c.image.content(),
		widget.NewSeparator(),
		widgets.Named(c.w.say("Model"), widgets.Fill(2, nil, c.model, widgets.NewIcon(fynetheme.DownloadIcon(), c.w.say("Fetch models"), c.w.over, c.w.shop.open))),
		c.w.shop.hint,
		c.steps, c.frames, c.size.content(),
		widgets.Named(c.w.say("Seed"), widgets.Fill(2, nil, c.seed, widgets.Row(0, c.dice, c.lockIt))),
		widget.NewSeparator(),
		c.more)
	buttons := widgets.Fill(8, nil, c.generate, c.cancel)
	foot := widgets.Column(8, c.note, c.outlook.box, buttons)
	c.scroll = widgets.NewScroll(container.New(gutter{9}, c.fields))
	pane := container.NewBorder(nil, widgets.Inset(foot, 12), nil, nil, container.New(edges{12, 12, 12, 3}, c.scroll))
	c.note.relay = pane.Refresh
	return container.NewStack(widgets.NewSurface(theme.Surface, theme.Border), pane)
}

// order is what the controls say.
func (c *compose) order() studio.Order {
	r := c.base
	r.Model = c.modelName()
	r.Prompt = strings.TrimSpace(c.prompt.Text)
	r.Negative = strings.TrimSpace(c.negative.Text)
	r.Steps, r.Frames = int(c.steps.Value()), int(c.frames.Value())
	r.Width, r.Height = c.size.value()
	r.GuidanceTo, r.Reuse = c.guided.Value(), c.reuse.Value()
	if r.GuidanceTo > 0 && r.GuidanceFrom >= r.GuidanceTo {
		r.GuidanceFrom = 0 // it came with settings that were changed since
	}
	r.Guidance, r.Shift, r.Window = c.guidance.Value(), c.shift.Value(), int(c.window.Value())
	r.Sampler = c.sampler.Selected
	r.LoRAs = c.loras.value()
	r.Seed = c.seedValue()
	r.Image = c.image.picture
	return studio.Order{Request: r, ImagePath: c.image.path}
}

// written is all that can be written into the pane.
type written struct {
	inference.Request
	imagePath string
	lines     bool // one clip per line
}

// put sets the controls to a request for one clip.
func (c *compose) put(r inference.Request, imagePath string) { c.write(written{r, imagePath, false}) }

func (c *compose) write(t written) {
	if c.list == nil {
		c.wanted = &t
		return
	}
	r := t.Request
	c.quiet = true
	c.selectModel(r.Model)
	d := c.defaults()
	c.base = r
	c.prompt.SetText(r.Prompt)
	c.lines.SetChecked(t.lines)
	c.negative.SetText(r.Negative)
	c.less.Open(r.Negative != "")
	c.steps.SetValue(float64(or(r.Steps, d.Steps)))
	c.frames.SetValue(float64(or(r.Frames, d.Frames)))
	c.size.set(or(r.Width, d.Width), or(r.Height, d.Height))
	c.guidance.SetValue(or(r.Guidance, d.Guidance))
	c.shift.SetValue(or(r.Shift, d.Shift))
	c.window.SetValue(float64(r.Window))
	c.guided.SetValue(guidedPart(r, d))
	c.reuse.SetValue(r.Reuse)
	c.sampler.SetSelected(or(r.Sampler, d.Sampler))
	c.loras.set(r.LoRAs)
	c.more.Open(c.more.IsOpen() || len(r.LoRAs) > 0)
	c.setSeed(r.Seed)
	c.base.FPS = or(r.FPS, d.FPS)
	c.image.set(t.imagePath)
	c.quiet = false
	c.changed()
}

// guidedPart is the part of the steps that is guided, up to which one; d is what the model does by itself.
func guidedPart(r, d inference.Request) float64 {
	if r.GuidanceFrom > 0 {
		return or(r.GuidanceTo, 1)
	}
	return or(r.GuidanceTo, or(d.GuidanceTo, 1))
}

// restore starts from what was asked for last, or from the model's own defaults.
func (c *compose) restore() {
	last := c.w.remembered.Last
	if last.Width == 0 {
		last = c.list[0].defaults
		last.Prompt, last.Seed = "", randomSeed()
	}
	c.restored = true
	c.write(written{last, "", c.w.remembered.Lines})
	if m := c.chosen(); m != nil && m.ImageToVideo {
		c.image.restore(c.w.remembered.LastImage)
	}
}

func or[T comparable](a, b T) T {
	var zero T
	if a == zero {
		return b
	}
	return a
}

// changed follows every change of the controls.
func (c *compose) changed() {
	if c.quiet {
		return
	}
	c.showPreset()
	shown := c.lines.Visible()
	if n := len(c.prompts()); strings.Contains(strings.TrimSpace(c.prompt.Text), "\n") {
		c.lines.SetText(c.w.say("One clip per line"))
		if c.lines.Checked && n > 1 {
			c.lines.SetText(c.w.say("One clip per line: %d clips", n))
		}
		c.lines.Show()
	} else {
		c.lines.Hide()
	}
	if c.lines.Visible() != shown {
		c.relay()
	}
	if fps := or(c.base.FPS, c.defaults().FPS); fps > 0 {
		c.length.SetText(c.w.say("%.1f s at %d frames a second", c.frames.Value()/float64(fps), fps))
	}
	c.busy()
	c.check()
}

// relay lays the fields out anew after one has come, gone or grown.
func (c *compose) relay() {
	if c.fields != nil {
		c.fields.Refresh()
	}
}

// prompts are the prompts to make clips of: one, or one a line.
func (c *compose) prompts() []string {
	text := strings.TrimSpace(c.prompt.Text)
	if !c.lines.Checked {
		return []string{text}
	}
	var p []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			p = append(p, line)
		}
	}
	return p
}

// submit queues what the controls say, one job or one for each line.
func (c *compose) submit() {
	if c.generate.Disabled() {
		return
	}
	if !c.locked {
		c.setSeed(randomSeed())
	}
	order, prompts, lines := c.order(), c.prompts(), c.lines.Checked
	w := c.w
	w.background(func() func() {
		var ids []job.ID
		for i, p := range prompts {
			o := order
			o.Prompt = p
			id, err := w.door.Submit(o)
			if err != nil {
				return func() { w.fail(err) }
			}
			ids = append(ids, id)
			if i == 0 { // the first of several is made first
				w.post(nil, func() { w.stage.await(id) })
			}
		}
		order.Image = nil
		if err := w.amend(func(v *settings.Values) { v.Last, v.LastImage, v.Lines = order.Request, order.ImagePath, lines }); err != nil {
			return func() { w.fail(err) }
		}
		return func() { w.together(ids) }
	})
}

// blank reports whether nothing says what is to be seen: neither words nor a picture.
func (c *compose) blank() bool {
	return strings.TrimSpace(c.prompt.Text) == "" && c.image.picture == nil
}

// busy enables what can be done now.
func (c *compose) busy() {
	able(c.generate, !c.blank() && !c.note.refused && c.chosen() != nil)
	able(c.cancel, c.w.queue.current() != "")
}

func able(b *widgets.Button, on bool) {
	if on == b.Disabled() {
		if on {
			b.Enable()
		} else {
			b.Disable()
		}
	}
}

// gutter keeps a scroll bar off what it scrolls.
type gutter struct{ right float32 }

// Layout is for the toolkit.
func (g gutter) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(s.SubtractWidthHeight(g.right, 0))
	o[0].Move(fyne.Position{})
}

// MinSize is for the toolkit.
func (g gutter) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[0].MinSize().AddWidthHeight(g.right, 4)
}

// edges keeps margins of its own on every side.
type edges struct{ left, top, bottom, right float32 }

// Layout is for the toolkit.
func (e edges) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(s.SubtractWidthHeight(e.left+e.right, e.top+e.bottom))
	o[0].Move(fyne.NewPos(e.left, e.top))
}

// MinSize is for the toolkit.
func (e edges) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[0].MinSize().AddWidthHeight(e.left+e.right, e.top+e.bottom)
}
