package widgets

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/ui/theme"
)

// CardSize is the size of a card of the given width whose picture is 4 to 3.
func CardSize(width float32) fyne.Size {
	const margin, lines = 2 * 6, 42
	return fyne.NewSize(width, (width-margin)*.75+margin+lines)
}

// Card is a picture with two lines under it, one of many in a grid.
type Card struct {
	widget.BaseWidget
	OnTapped func(fyne.KeyModifier)
	OnSecond func(at fyne.Position) // the other mouse button, on the canvas

	size     *fyne.Size // shared by all cards of a grid
	picture  *canvas.Image
	well     *Surface
	mark     *widget.Icon
	title    *Text
	detail   *Text
	frame    *Surface
	selected bool
	hover    bool
	mods     fyne.KeyModifier
}

// NewCard returns an empty card that asks for the given size.
func NewCard(size *fyne.Size) *Card {
	c := &Card{
		size: size, picture: &canvas.Image{FillMode: canvas.ImageFillContain, CornerRadius: 6},
		well: NewSurface(theme.Sunken, ""), mark: widget.NewIcon(nil),
		title: NewText("", fynetheme.SizeNameText, ""), detail: Caption(""), frame: NewSurface("", ""),
	}
	c.well.Corner, c.frame.Corner = 8, 10
	c.mark.Hide()
	c.ExtendBaseWidget(c)
	return c
}

// Set says what the card shows; mark stands in the middle of an absent picture.
func (c *Card) Set(picture image.Image, mark fyne.Resource, title, detail string) {
	if c.picture.Image != picture {
		c.picture.Image = picture
		c.picture.Refresh()
	}
	if picture == nil && mark != nil {
		c.mark.SetResource(mark)
		c.mark.Show()
	} else {
		c.mark.Hide()
	}
	c.title.SetText(title)
	c.detail.SetText(detail)
}

// SetDetailColor changes the colour of the second line.
func (c *Card) SetDetailColor(n fyne.ThemeColorName) { c.detail.SetColor(n) }

// Title is the first line.
func (c *Card) Title() string { return c.title.Content }

// Picture is what the card shows, nil for nothing.
func (c *Card) Picture() image.Image { return c.picture.Image }

// SetSelected shows the card as chosen.
func (c *Card) SetSelected(on bool) {
	c.selected = on
	c.paint()
}

func (c *Card) paint() {
	switch {
	case c.selected:
		c.frame.Paint(theme.Tint, fynetheme.ColorNamePrimary)
	case c.hover:
		c.frame.Paint(fynetheme.ColorNameHover, "")
	default:
		c.frame.Paint("", "")
	}
}

// MouseDown is for the toolkit.
func (c *Card) MouseDown(e *desktop.MouseEvent) { c.mods = e.Modifier }

// MouseUp is for the toolkit.
func (c *Card) MouseUp(*desktop.MouseEvent) {}

// Tapped is for the toolkit.
func (c *Card) Tapped(*fyne.PointEvent) {
	if c.OnTapped != nil {
		c.OnTapped(c.mods)
	}
	c.mods = 0
}

// TappedSecondary is for the toolkit.
func (c *Card) TappedSecondary(e *fyne.PointEvent) {
	if c.OnSecond != nil {
		c.OnSecond(e.AbsolutePosition)
	}
}

// MouseIn is for the toolkit.
func (c *Card) MouseIn(*desktop.MouseEvent) { c.hover = true; c.paint() }

// MouseMoved is for the toolkit.
func (c *Card) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is for the toolkit.
func (c *Card) MouseOut() { c.hover = false; c.paint() }

// Cursor is for the toolkit.
func (c *Card) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MinSize is for the toolkit.
func (c *Card) MinSize() fyne.Size { return *c.size }

// CreateRenderer is for the toolkit.
func (c *Card) CreateRenderer() fyne.WidgetRenderer {
	lines := Column(1, c.title, c.detail)
	body := container.NewBorder(nil, lines, nil, nil, container.NewStack(c.well, c.picture, container.NewCenter(c.mark)))
	return widget.NewSimpleRenderer(container.NewStack(c.frame, Inset(body, 6)))
}
