package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// A Hinter shows a word of help beside an object; an empty text takes it away.
type Hinter interface {
	Hint(at fyne.CanvasObject, text string)
}

// Button is the toolkit's button with a word of help for the pointer that rests.
type Button struct {
	widget.Button
	Help  string
	Hints Hinter
}

// NewButton returns a button; text or icon may be empty.
func NewButton(text string, icon fyne.Resource, tapped func()) *Button {
	b := &Button{}
	b.Text, b.Icon, b.OnTapped = text, icon, tapped
	b.ExtendBaseWidget(b)
	return b
}

// NewIcon returns a flat button of one picture with its help.
func NewIcon(icon fyne.Resource, help string, hints Hinter, tapped func()) *Button {
	b := NewButton("", icon, tapped)
	b.Importance, b.Help, b.Hints = widget.LowImportance, help, hints
	return b
}

// MouseIn is for the toolkit.
func (b *Button) MouseIn(e *desktop.MouseEvent) {
	b.Button.MouseIn(e)
	if b.Hints != nil && b.Help != "" {
		b.Hints.Hint(b, b.Help)
	}
}

// MouseOut is for the toolkit.
func (b *Button) MouseOut() {
	b.Button.MouseOut()
	if b.Hints != nil {
		b.Hints.Hint(b, "")
	}
}

// FocusGained is for the toolkit.
func (b *Button) FocusGained() {
	b.Button.FocusGained()
	reveal(b)
}

// TypedKey is for the toolkit. Return presses a button, too.
func (b *Button) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		if !b.Disabled() {
			b.Tapped(nil)
		}
	default:
		pass(b, k)
	}
}

// Tapped is for the toolkit.
func (b *Button) Tapped(e *fyne.PointEvent) {
	if b.Hints != nil {
		b.Hints.Hint(b, "")
	}
	b.Button.Tapped(e)
}
