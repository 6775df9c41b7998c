package widgets

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// A line that is too long to be wrapped in time is cut, and that is told; many lines
// are not.
func TestEntryCutsEndlessLines(t *testing.T) {
	dress(t)
	long, lines := strings.Repeat("a red ball moves ", 6000), strings.Repeat("一只红色的球\n", 1000)
	for name, c := range map[string]struct {
		had, selected, pasted string
		want                  int // characters
		told                  bool
	}{
		"short":            {"a ball", "", " moves", 12, false},
		"many lines":       {"", "", lines, 7 * 1000, false},
		"one line":         {"", "", long, maxLine, true},
		"behind another":   {strings.Repeat("x", 2490), "", "0123456789ab", maxLine, true},
		"in place of it":   {strings.Repeat("x", 2490), "all", "0123456789ab", 12, false},
		"other characters": {"", "", strings.Repeat("球", 5000), maxLine, true},
	} {
		e, told := NewLines(5), 0
		show(e, 300, 120)
		e.SetText(c.had)
		e.OnCut = func(most int) { told = most }
		e.CursorColumn = len(c.had)
		if c.selected != "" {
			e.Entry.TypedShortcut(&fyne.ShortcutSelectAll{})
		}
		clip := test.NewClipboard()
		clip.SetContent(c.pasted)
		start := time.Now()
		e.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		if n := len([]rune(e.Text)); n != c.want || (told == maxLine) != c.told {
			t.Errorf("%s: %d characters, want %d; told %d", name, n, c.want, told)
		}
	}
	e := NewLines(5)
	if e.SetText(long); len(e.Text) != maxLine {
		t.Errorf("%d characters were set", len(e.Text))
	}
}

// Text measures what can be seen of 100 kB, not all of it.
func TestTextOfABook(t *testing.T) {
	dress(t)
	text := NewText(strings.Repeat("一只 red ball ", 8000), "", "")
	show(text, 200, 20)
	r := test.WidgetRenderer(text).(*textRenderer)
	if got := r.line.Text; !strings.HasSuffix(got, "…") || len([]rune(got)) > 60 || len([]rune(got)) < 10 {
		t.Errorf("shown is %q", got)
	}
	if s, cut := text.shown(); !cut || len([]rune(s)) != longest {
		t.Errorf("measured are %d characters", len([]rune(s)))
	}
	text.SetText(strings.Repeat("i", longest+1))
	text.Resize(fyne.NewSize(4000, 20))
	if got := r.line.Text; !strings.HasSuffix(got, "…") {
		t.Errorf("in wide room %q ends in no ellipsis", got[len(got)-10:])
	}
}
