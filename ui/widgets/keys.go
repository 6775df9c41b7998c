package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// pass hands a key that a focused object has no use for to the window, as if nothing
// had the focus: Esc means the same wherever it is pressed.
func pass(o fyne.CanvasObject, k *fyne.KeyEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(k)
	}
}

// Select is the toolkit's select that leaves Esc to the window.
type Select struct{ widget.Select }

// NewSelect returns a select with nothing selected.
func NewSelect(options []string, changed func(string)) *Select {
	s := &Select{}
	s.Options, s.OnChanged = options, changed
	s.ExtendBaseWidget(s)
	return s
}

// TypedKey is for the toolkit.
func (s *Select) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		pass(s, k)
		return
	}
	s.Select.TypedKey(k)
}

// FocusGained is for the toolkit.
func (s *Select) FocusGained() {
	s.Select.FocusGained()
	reveal(s)
}

// Check is the toolkit's check that leaves Esc to the window.
type Check struct{ widget.Check }

// NewCheck returns a check that is not checked.
func NewCheck(text string, changed func(bool)) *Check {
	c := &Check{}
	c.Text, c.OnChanged = text, changed
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey is for the toolkit.
func (c *Check) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		pass(c, k)
		return
	}
	c.Check.TypedKey(k)
}

// FocusGained is for the toolkit.
func (c *Check) FocusGained() {
	c.Check.FocusGained()
	reveal(c)
}

// Grid is the toolkit's grid that leaves the window the keys it has no use for, and
// takes Return for Space.
type Grid struct{ widget.GridWrap }

// NewGrid returns a grid of as many items as length says.
func NewGrid(length func() int, create func() fyne.CanvasObject, update func(int, fyne.CanvasObject)) *Grid {
	g := &Grid{}
	g.Length, g.CreateItem, g.UpdateItem = length, create, update
	g.ExtendBaseWidget(g)
	return g
}

// TypedKey is for the toolkit.
func (g *Grid) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight, fyne.KeySpace:
	case fyne.KeyReturn, fyne.KeyEnter:
		k = &fyne.KeyEvent{Name: fyne.KeySpace}
	default:
		pass(g, k)
		return
	}
	if g.Length() > 0 { // the toolkit's would go to the item before the first
		g.GridWrap.TypedKey(k)
	}
}
