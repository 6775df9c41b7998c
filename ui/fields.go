package ui

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"kinora/inference"
	"kinora/ui/theme"
	"kinora/ui/widgets"
)

func randomSeed() uint64 { return uint64(rand.Uint32()) }

func (c *compose) seedField() {
	w := c.w
	c.seed = widgets.NewEntry()
	c.seed.OnShortcut, c.seed.OnKey = w.shortcut, w.escape
	c.seed.OnChanged = func(s string) {
		if !c.quiet {
			c.lock(true) // whoever types a seed means to keep it
			c.changed()
		}
	}
	c.dice = widgets.NewIcon(theme.Dice.Resource(), w.say("Another seed"), w.over, func() {
		c.setSeed(randomSeed())
		c.changed()
	})
	c.lockIt = widgets.NewIcon(theme.Unlock.Resource(), "", w.over, func() { c.lock(!c.locked) })
	c.lock(false)
}

// lock keeps the seed from clip to clip, or rolls a new one for each.
func (c *compose) lock(on bool) {
	c.locked = on
	if on {
		c.lockIt.SetIcon(theme.Lock.Resource())
		c.lockIt.Help = c.w.say("This seed for every clip")
	} else {
		c.lockIt.SetIcon(theme.Unlock.Resource())
		c.lockIt.Help = c.w.say("A new seed for every clip")
	}
}

// seedValue is the seed as written; what is not a number counts as one all the
// same, so that a word can be a seed.
func (c *compose) seedValue() uint64 {
	s := strings.TrimSpace(c.seed.Text)
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return n
	}
	h := uint64(14695981039346656037) // FNV-1a
	for _, b := range []byte(s) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h
}

func (c *compose) setSeed(n uint64) {
	was := c.quiet
	c.quiet = true
	c.seed.SetText(strconv.FormatUint(n, 10))
	c.quiet = was
}

// sizeField chooses width and height: shapes made for the model, or any multiple
// of its step.
type sizeField struct {
	w             *Window
	changed       func()
	relay         func() // the field has grown or shrunk
	choice        *widgets.Select
	width, height *widgets.Entry
	custom        *fyne.Container
	step, longest int
	presets       [][2]int
	now           [2]int
}

func newSizeField(w *Window, changed, relay func()) *sizeField {
	s := &sizeField{w: w, changed: changed, relay: relay, step: 16, longest: 4096}
	s.width, s.height = widgets.NewEntry(), widgets.NewEntry()
	for _, e := range []*widgets.Entry{s.width, s.height} {
		e.OnSubmitted = func(string) { s.read() }
		e.OnBlur = s.read
		e.OnShortcut, e.OnKey = w.shortcut, w.escape
	}
	times := widgets.NewText("×", "", theme.Muted)
	times.Whole = true
	s.custom = widgets.Named("", widgets.Row(6, widgets.Wide(s.width, 72), times, widgets.Wide(s.height, 72)))
	s.custom.Hide()
	s.choice = widgets.NewSelect(nil, func(string) { s.pick() })
	return s
}

func (s *sizeField) content() fyne.CanvasObject {
	return widgets.Column(6, widgets.Named(s.w.say("Size"), s.choice), s.custom)
}

// fit offers the shapes of one model.
func (s *sizeField) fit(m inference.Model, d inference.Request) {
	s.step = max(m.SizeStep, 1)
	s.longest = or(m.MaxSize, 4096)
	long, short := max(d.Width, d.Height), min(d.Width, d.Height)
	names := []string{}
	s.presets = nil
	add := func(name string, w, h int) {
		w, h = s.snap(w), s.snap(h)
		for _, p := range s.presets {
			if p == [2]int{w, h} {
				return
			}
		}
		s.presets = append(s.presets, [2]int{w, h})
		names = append(names, fmt.Sprintf("%s  %d × %d", s.w.say(name), w, h))
	}
	if long > 0 {
		add("Standard", d.Width, d.Height)
		add("Landscape", long, short)
		add("Square", short, short)
		add("Portrait", short, long)
		add("Wide", long, long*9/16)
		add("Tall", long*9/16, long)
	}
	s.choice.SetOptions(append(names, s.w.say("Custom…")))
	s.set(s.now[0], s.now[1])
}

// snap is the nearest size the model can make.
func (s *sizeField) snap(n int) int {
	n = (n + s.step/2) / s.step * s.step
	return max(min(n, s.longest/s.step*s.step), s.step)
}

func (s *sizeField) value() (w, h int) { return s.now[0], s.now[1] }

func (s *sizeField) set(w, h int) {
	if w <= 0 || h <= 0 {
		return
	}
	s.now = [2]int{s.snap(w), s.snap(h)}
	s.width.SetText(strconv.Itoa(s.now[0]))
	s.height.SetText(strconv.Itoa(s.now[1]))
	at := len(s.presets)
	for i, p := range s.presets {
		if p == s.now {
			at = i
			break
		}
	}
	if len(s.choice.Options) > at && s.choice.SelectedIndex() != at {
		s.choice.SetSelectedIndex(at)
	}
}

// pick follows the menu; its last entry opens the two numbers.
func (s *sizeField) pick() {
	i := s.choice.SelectedIndex()
	if i < 0 {
		return
	}
	if i >= len(s.presets) {
		s.custom.Show()
		s.relay()
		return
	}
	if s.custom.Visible() {
		s.custom.Hide()
		s.relay()
	}
	if s.now != s.presets[i] {
		s.set(s.presets[i][0], s.presets[i][1])
		s.changed()
	}
}

// read takes the two numbers and moves them to the nearest size there is.
func (s *sizeField) read() {
	w, errW := strconv.Atoi(strings.TrimSpace(s.width.Text))
	h, errH := strconv.Atoi(strings.TrimSpace(s.height.Text))
	if errW != nil || errH != nil || w <= 0 || h <= 0 {
		w, h = s.now[0], s.now[1]
	}
	was := s.now
	s.now = [2]int{s.snap(w), s.snap(h)}
	s.width.SetText(strconv.Itoa(s.now[0]))
	s.height.SetText(strconv.Itoa(s.now[1]))
	if s.now != was {
		s.changed()
	}
}
