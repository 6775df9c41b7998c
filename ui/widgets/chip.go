package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/ui/theme"
)

// Chip is a small pill of text that can be tapped.
type Chip struct {
	widget.BaseWidget
	OnTapped func()

	text *Text
	icon *canvas.Image
	back *Surface
	on   bool
}

// NewChip returns a chip; icon, which may be nil, stands after the text.
func NewChip(text string, icon fyne.Resource, tapped func()) *Chip {
	c := &Chip{OnTapped: tapped, icon: canvas.NewImageFromResource(icon), text: NewText(text, fynetheme.SizeNameCaptionText, theme.Muted), back: NewSurface(theme.Surface, theme.Border)}
	c.text.Align, c.text.Whole, c.back.Corner = fyne.TextAlignCenter, true, 13
	c.ExtendBaseWidget(c)
	return c
}

// Text is what the chip says.
func (c *Chip) Text() string { return c.text.Content }

// SetText changes what the chip says.
func (c *Chip) SetText(s string) { c.text.SetText(s) }

// SetOn shows the chip as chosen.
func (c *Chip) SetOn(on bool) {
	c.on = on
	c.paint(false)
}

func (c *Chip) paint(hover bool) {
	switch {
	case c.on:
		c.back.Paint(theme.Tint, fynetheme.ColorNamePrimary)
		c.text.SetColor(fynetheme.ColorNameForeground)
	case hover:
		c.back.Paint(theme.Tint, theme.Border)
		c.text.SetColor(fynetheme.ColorNameForeground)
	default:
		c.back.Paint(theme.Surface, theme.Border)
		c.text.SetColor(theme.Muted)
	}
}

// Tapped is for the toolkit.
func (c *Chip) Tapped(*fyne.PointEvent) {
	if c.OnTapped != nil {
		c.OnTapped()
	}
}

// TypedKey is for the toolkit.
func (c *Chip) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		c.Tapped(nil)
	default:
		pass(c, k)
	}
}

// TypedRune is for the toolkit.
func (c *Chip) TypedRune(rune) {}

// FocusGained is for the toolkit.
func (c *Chip) FocusGained() { c.SetOn(true); reveal(c) }

// FocusLost is for the toolkit.
func (c *Chip) FocusLost() { c.SetOn(false) }

// MouseIn is for the toolkit.
func (c *Chip) MouseIn(*desktop.MouseEvent) { c.paint(true) }

// MouseMoved is for the toolkit.
func (c *Chip) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is for the toolkit.
func (c *Chip) MouseOut() { c.paint(false) }

// Cursor is for the toolkit.
func (c *Chip) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer is for the toolkit.
func (c *Chip) CreateRenderer() fyne.WidgetRenderer {
	inside := fyne.CanvasObject(c.text)
	if c.icon.Resource != nil {
		c.icon.FillMode = canvas.ImageFillContain
		c.icon.SetMinSize(fyne.NewSquareSize(14))
		inside = Fill(3, nil, c.text, c.icon)
	}
	return widget.NewSimpleRenderer(container.NewStack(c.back, container.New(margin{10, 5}, inside)))
}

type margin struct{ x, y float32 }

// Layout is for the toolkit.
func (m margin) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Move(fyne.NewPos(m.x, m.y))
	o[0].Resize(s.SubtractWidthHeight(2*m.x, 2*m.y))
}

// MinSize is for the toolkit.
func (m margin) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[0].MinSize().AddWidthHeight(2*m.x, 2*m.y)
}
