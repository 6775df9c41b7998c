package widgets

import (
	"strings"
	"unicode/utf8"

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
	OnCut      func(most int) // a line had more characters than a field can show
	behind     blank
}

// maxLine is how many characters a line may have: the toolkit's time to wrap one grows
// with the square of its length, and 100 kB stop the window for a minute.
const maxLine = 2500

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

// SetText puts text in place of what is there.
func (e *Entry) SetText(text string) { e.Entry.SetText(e.cut(text, maxLine)) }

// cut leaves out what lines have beyond most characters.
func (e *Entry) cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	var b strings.Builder
	short := false
	for line := range strings.Lines(text) {
		words, end := strings.TrimSuffix(line, "\n"), line[len(strings.TrimSuffix(line, "\n")):]
		if r := []rune(words); len(r) > most {
			words, short = string(r[:most]), true
		}
		b.WriteString(words + end)
	}
	if short && e.OnCut != nil {
		e.OnCut(maxLine)
	}
	return b.String()
}

// scissors cut what is pasted, so that no line becomes too long with what is there.
type scissors struct {
	fyne.Clipboard
	e *Entry
}

// Content is for the toolkit.
func (s scissors) Content() string {
	longest := 0
	for line := range strings.Lines(strings.Replace(s.e.Text, s.e.SelectedText(), "", 1)) {
		longest = max(longest, utf8.RuneCountInString(line))
	}
	return s.e.cut(s.Clipboard.Content(), max(0, maxLine-longest))
}

// TypedShortcut is for the toolkit.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	if e.OnShortcut != nil && e.OnShortcut(s) {
		return
	}
	p, ok := s.(*fyne.ShortcutPaste)
	if !ok || p.Clipboard == nil {
		e.Entry.TypedShortcut(s)
		return
	}
	cut := scissors{p.Clipboard, e}
	if e.isBehind() {
		e.putBehind(cut.Content())
		return
	}
	at, was, selected := e.CursorTextOffset(), utf8.RuneCountInString(e.Text), e.SelectedText() != ""
	e.Entry.TypedShortcut(&fyne.ShortcutPaste{Clipboard: cut})
	if !selected {
		e.stayInFront(at + utf8.RuneCountInString(e.Text) - was - 1)
	}
}

// TypedKey is for the toolkit.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	switch {
	case e.OnKey != nil && e.OnKey(k):
	case k.Name == fyne.KeyEscape:
		pass(e, k)
	case e.isBehind() && k.Name == fyne.KeyBackspace:
		e.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
		e.stayInFront(e.behind.at - 1)
	case k.Name == fyne.KeyBackspace && e.SelectedText() == "":
		at := e.CursorTextOffset()
		e.Entry.TypedKey(k)
		e.stayInFront(at - 2)
	case e.isBehind() && e.OnSubmitted == nil && (k.Name == fyne.KeyReturn || k.Name == fyne.KeyEnter):
		e.putBehind("\n")
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
