package widgets

import (
	"unicode"

	"fyne.io/fyne/v2"
)

// A blank that ends a full row belongs to no row: the toolkit finds no place for the
// cursor behind it, puts the cursor elsewhere, and what is typed next loses the blank
// (fyne 2.7.4, Entry.rowColFromTextPos). So the cursor stays in front of such a blank,
// and what comes next is put behind it.
type blank struct {
	text string // of the entry
	at   int    // of the blank, in runes
}

// isBehind reports whether who types is behind the blank that the cursor is in front of.
func (e *Entry) isBehind() bool {
	return e.behind.text != "" && e.Text == e.behind.text && e.CursorTextOffset() == e.behind.at && e.SelectedText() == ""
}

// TypedRune is for the toolkit.
func (e *Entry) TypedRune(r rune) {
	if e.isBehind() {
		e.putBehind(string(r))
		return
	}
	at, selected := e.CursorTextOffset(), e.SelectedText() != ""
	e.Entry.TypedRune(r)
	if !selected && unicode.IsSpace(r) {
		e.stayInFront(at)
	}
}

// stayInFront puts the cursor in front of the blank at that place, if it cannot be
// behind it.
func (e *Entry) stayInFront(at int) {
	text := []rune(e.Text)
	if e.CursorTextOffset() == at+1 || at < 0 || at >= len(text) || !unicode.IsSpace(text[at]) || text[at] == '\n' {
		return
	}
	e.cursorTo(at)
	if e.CursorTextOffset() == at {
		e.behind = blank{e.Text, at}
	}
	e.Refresh()
}

// cursorTo puts the cursor at a place in the text that a row has.
func (e *Entry) cursorTo(at int) {
	row, begin := 0, 0
	for next := 1; ; next++ {
		e.CursorRow, e.CursorColumn = next, 0
		// Of a row that is not there the toolkit says where the last begins, or 0.
		if b := e.CursorTextOffset(); b <= begin || b > at {
			break
		} else {
			row, begin = next, b
		}
	}
	e.CursorRow, e.CursorColumn = row, at-begin
}

// putBehind puts text behind the blank that the cursor is in front of.
func (e *Entry) putBehind(text string) {
	at := e.behind.at
	gap := string([]rune(e.Text)[at])
	e.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	e.Entry.TypedShortcut(&fyne.ShortcutPaste{Clipboard: fixed(gap + text)})
	e.stayInFront(at + len([]rune(text)))
}

// fixed is a clipboard that always has the same text.
type fixed string

func (f fixed) Content() string { return string(f) }
func (fixed) SetContent(string) {}
