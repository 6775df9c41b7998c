package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Entry is the toolkit's entry that lets others see keys and shortcuts first, and
// that a Tab leaves even when it has many lines.
type Entry struct {
	widget.Entry
	OnShortcut func(fyne.Shortcut) bool  // true: taken
	OnKey      func(*fyne.KeyEvent) bool // true: taken
	OnBlur     func()
}

// NewEntry returns an entry of one line.
func NewEntry() *Entry {
	e := &Entry{}
	e.ExtendBaseWidget(e)
	return e
}

// NewLines returns an entry of several lines.
func NewLines(rows int) *Entry {
	e := &Entry{}
	e.MultiLine, e.Wrapping = true, fyne.TextWrapWord
	e.SetMinRowsVisible(rows)
	e.ExtendBaseWidget(e)
	return e
}

// AcceptsTab is for the toolkit.
func (e *Entry) AcceptsTab() bool { return false }

// TypedShortcut is for the toolkit.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	if e.OnShortcut == nil || !e.OnShortcut(s) {
		e.Entry.TypedShortcut(s)
	}
}

// TypedKey is for the toolkit.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	switch {
	case e.OnKey != nil && e.OnKey(k):
	case k.Name == fyne.KeyEscape:
		pass(e, k)
	default:
		e.Entry.TypedKey(k)
	}
}

// FocusGained is for the toolkit.
func (e *Entry) FocusGained() {
	e.Entry.FocusGained()
	reveal(e)
}

// FocusLost is for the toolkit.
func (e *Entry) FocusLost() {
	e.Entry.FocusLost()
	if e.OnBlur != nil {
		e.OnBlur()
	}
}
