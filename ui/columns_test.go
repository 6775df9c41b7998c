package ui

import (
	"testing"

	"fyne.io/fyne/v2"
)

// In no window, down to the smallest screens in use, does a pane lie over another, or
// get less than its contents need.
func TestPanesFit(t *testing.T) {
	r := newRig(t, newFake())
	for _, language := range []string{"en", "zh"} {
		r.remembered.Language = language
		r.dress()
		r.build()
		r.settle()
		if m := r.win.Canvas().Content().MinSize(); m.Width > 800 || m.Height > 560 {
			t.Errorf("%s: the window cannot be smaller than %v", language, m)
		}
		for _, size := range []fyne.Size{{Width: 800, Height: 600}, {Width: 968, Height: 600}, {Width: 1024, Height: 700}, {Width: 1240, Height: 800}, {Width: 2200, Height: 1200}} {
			r.win.Resize(size)
			r.settle()
			panes := r.panes.Objects
			for i, p := range panes {
				at, is, least := p.Position(), p.Size(), p.MinSize()
				if is.Width < least.Width || is.Height < least.Height || at.X < 0 || at.X+is.Width > r.panes.Size().Width || at.Y+is.Height > r.panes.Size().Height {
					t.Errorf("%s, %v: pane %d is %v at %v, needs %v", language, size, i, is, at, least)
				}
				for j, q := range panes[:i] {
					a, b := q.Position(), q.Size()
					if at.X < a.X+b.Width && a.X < at.X+is.Width && at.Y < a.Y+b.Height && a.Y < at.Y+is.Height {
						t.Errorf("%s, %v: panes %d and %d overlap", language, size, i, j)
					}
				}
			}
		}
	}
}
