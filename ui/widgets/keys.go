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
