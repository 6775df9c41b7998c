package widgets

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// What is typed is what is there, however wide the field is and wherever rows end.
func TestTypedTextIsKept(t *testing.T) {
	test.NewTempApp(t)
	const prompt = "A cute kitten in shiny sneakers is dancing at the seaside, highly detailed, 4k and more words\nso that  rows wrap 一只柴犬 穿着宇航服 在火星 "
	for width := float32(100); width < 460; width += 3 {
		e := NewLines(4)
		w := test.NewWindow(e)
		w.Resize(fyne.NewSize(width, 200))
		test.Type(e, prompt)
		if e.Text != prompt {
			t.Errorf("%v wide: %q, want %q", width, e.Text, prompt)
		}
	}
}

// Edits at the end of the text, by chance, do to it what they do to a plain string.
func TestEditsAtTheEnd(t *testing.T) {
	test.NewTempApp(t)
	words := strings.Fields("a cat sits under blue stars while planets orbit around the yellow sun slowly")
	for seed := range 60 {
		r := rand.New(rand.NewSource(int64(seed)))
		e := NewLines(4)
		w := test.NewWindow(e)
		w.Resize(fyne.NewSize(float32(120+r.Intn(260)), 200))
		var want []rune
		var log []string
		for range 60 {
			switch k := r.Intn(12); {
			case k < 5:
				s := words[r.Intn(len(words))] + " "
				test.Type(e, s)
				want = append(want, []rune(s)...)
				log = append(log, s)
			case k < 8 && len(want) > 0:
				e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
				want = want[:len(want)-1]
				log = append(log, "⌫")
			case k == 8:
				e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
				want = append(want, '\n')
				log = append(log, "⏎")
			case k == 9:
				e.TypedShortcut(&fyne.ShortcutPaste{Clipboard: fixed("pasted text ")})
				want = append(want, []rune("pasted text ")...)
				log = append(log, "paste")
			case k == 10:
				test.Type(e, " ")
				want = append(want, ' ')
				log = append(log, "_")
			}
			if e.Text != string(want) {
				t.Fatalf("seed %d: %q, want %q after %v", seed, e.Text, string(want), log)
			}
		}
	}
}

// In front of text and in its middle, too, a blank stays where it was typed.
func TestBlankInTheMiddle(t *testing.T) {
	test.NewTempApp(t)
	const text = "one two three four five six seven eight nine ten\nsecond line of it"
	for _, width := range []float32{110, 140, 170, 200, 260} {
		for at := range len(text) {
			e := NewLines(4)
			w := test.NewWindow(e)
			w.Resize(fyne.NewSize(width, 200))
			e.SetText(text)
			e.cursorTo(at)
			if e.CursorTextOffset() != at {
				if unicode.IsSpace(rune(text[at])) || at > 0 && unicode.IsSpace(rune(text[at-1])) {
					continue // a place that no row has
				}
				t.Fatalf("%v wide: the cursor is at %d, want %d", width, e.CursorTextOffset(), at)
			}
			test.Type(e, " x")
			if want := fmt.Sprintf("%s x%s", text[:at], text[at:]); e.Text != want {
				t.Errorf("%v wide: %q, want %q", width, e.Text, want)
			}
		}
	}
}
