// Package widgets holds the parts the window is put together from: panels, text
// that ends in an ellipsis, chips, sliders with their number, a player. They know
// how to look and behave, and nothing of clips, jobs or models; all they tell
// goes through callbacks.
package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Text is one line of text that ends in an ellipsis when the room is short.
type Text struct {
	widget.BaseWidget
	Content string
	Color   fyne.ThemeColorName // empty: the foreground
	Scale   fyne.ThemeSizeName  // empty: text
	Bold    bool
	Align   fyne.TextAlign
	Whole   bool // never cut: asks for all the width it needs
}

// NewText returns text in the given size and colour.
func NewText(content string, size fyne.ThemeSizeName, color fyne.ThemeColorName) *Text {
	t := &Text{Content: content, Scale: size, Color: color}
	t.ExtendBaseWidget(t)
	return t
}

// NewTitle returns bold text that is never cut.
func NewTitle(content string) *Text {
	t := NewText(content, theme.SizeNameText, theme.ColorNameForeground)
	t.Bold, t.Whole = true, true
	return t
}

// SetText changes what is said.
func (t *Text) SetText(s string) {
	if t.Content != s {
		t.Content = s
		t.Refresh()
	}
}

// SetColor changes the colour.
func (t *Text) SetColor(c fyne.ThemeColorName) {
	if t.Color != c {
		t.Color = c
		t.Refresh()
	}
}

// CreateRenderer is for the toolkit.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	r := &textRenderer{t: t, line: canvas.NewText("", nil)}
	r.style()
	return r
}

type textRenderer struct {
	t    *Text
	line *canvas.Text
}

func (r *textRenderer) style() {
	th, t := r.t.Theme(), r.t
	color, size := t.Color, t.Scale
	if color == "" {
		color = theme.ColorNameForeground
	}
	if size == "" {
		size = theme.SizeNameText
	}
	r.line.Color = th.Color(color, fyne.CurrentApp().Settings().ThemeVariant())
	r.line.TextSize = th.Size(size)
	r.line.TextStyle.Bold = t.Bold
	r.line.Alignment = t.Align
	r.line.Text = r.fit(t.Size().Width)
}

func (r *textRenderer) fit(room float32) string {
	s, cut := r.t.shown()
	width := func(s string) float32 { return fyne.MeasureText(s, r.line.TextSize, r.line.TextStyle).Width }
	if r.t.Whole || !cut && width(s) <= room {
		return s
	}
	runes := []rune(s)
	low, high := 0, len(runes) // the longest beginning that fits with the ellipsis
	for low < high {
		mid := (low + high + 1) / 2
		if width(string(runes[:mid])+"…") <= room {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return string(runes[:low]) + "…"
}

// longest is how many characters of a line can be seen at most: to measure those of a
// prompt of 100 kB, again and again, would stop the window.
const longest = 400

func (t *Text) shown() (s string, cut bool) {
	if t.Whole || len(t.Content) <= longest {
		return t.Content, false
	}
	r := []rune(t.Content)
	return string(r[:min(len(r), longest)]), len(r) > longest
}

func (r *textRenderer) MinSize() fyne.Size {
	content, _ := r.t.shown()
	size := fyne.MeasureText(content, r.line.TextSize, r.line.TextStyle)
	if r.t.Content == "" {
		size = fyne.MeasureText("M", r.line.TextSize, r.line.TextStyle)
		size.Width = 0
	}
	if !r.t.Whole {
		size.Width = min(size.Width, 24)
	}
	return size
}

func (r *textRenderer) Layout(s fyne.Size) {
	r.line.Text = r.fit(s.Width)
	r.line.Resize(s)
}

func (r *textRenderer) Refresh() {
	r.style()
	r.line.Refresh()
}

func (r *textRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.line} }
func (r *textRenderer) Destroy()                     {}
