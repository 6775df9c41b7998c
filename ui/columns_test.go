package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"kinora/app/job"
)

// In no window, down to the smallest screens in use, does a pane lie over another, or
// get less than its contents need, with five jobs in the queue.
func TestPanesFit(t *testing.T) {
	r := newRig(t, newFake())
	r.write("a dog")
	for range 5 {
		test.Tap(r.compose.generate)
		r.settle()
	}
	r.f.step(id(1), job.Running, denoising(3, 8, nil))
	r.f.step(id(5), job.Failed, func(j *job.Job) { j.Err = strings.Repeat("not enough memory, ", 20) })
	r.settle()
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
			panes := append(slices.Clone(r.panes.Objects[:2]), r.right.Objects...)
			room := r.win.Canvas().Size()
			for i, p := range panes {
				at, is, least := r.app.Driver().AbsolutePositionForObject(p), p.Size(), p.MinSize()
				if is.Width < least.Width || is.Height < least.Height || at.X < 0 || at.X+is.Width > room.Width || at.Y+is.Height > room.Height {
					t.Errorf("%s, %v: pane %d is %v at %v, needs %v", language, size, i, is, at, least)
				}
				for j, q := range panes[:i] {
					a, b := r.app.Driver().AbsolutePositionForObject(q), q.Size()
					if at.X < a.X+b.Width && a.X < at.X+is.Width && at.Y < a.Y+b.Height && a.Y < at.Y+is.Height {
						t.Errorf("%s, %v: panes %d and %d overlap", language, size, i, j)
					}
				}
			}
		}
	}
}

// A message lies over nothing that is to be pressed, however long it is.
func TestMessagesCoverNoButtons(t *testing.T) {
	r := newRig(t, newFake())
	d := r.app.Driver()
	for _, size := range []fyne.Size{{Width: 800, Height: 600}, {Width: 1240, Height: 800}, {Width: 1920, Height: 1200}} {
		r.win.Resize(size)
		for _, text := range []string{"Clip deleted", strings.Repeat("The history was damaged. ", 8)} {
			r.over.Toast(text, "Undo", func() {})
			r.settle()
			box := r.over.Toasted()
			at, is := d.AbsolutePositionForObject(box), box.Size()
			if at.X < 0 || at.Y < 0 || at.X+is.Width > size.Width || is.Height < box.MinSize().Height {
				t.Errorf("%v: the message is %v at %v", size, is, at)
			}
			for name, o := range map[string]fyne.CanvasObject{
				"Use settings": r.stage.use, "Run again": r.stage.again, "Export": r.stage.export, "Delete": r.stage.drop,
				"Generate": r.compose.generate, "Cancel": r.compose.cancel, "compare": r.gallery.compare, "folder": r.folder, "settings": r.set,
			} {
				p, s := d.AbsolutePositionForObject(o), o.Size()
				if s.Width == 0 || p.X < at.X+is.Width && at.X < p.X+s.Width && p.Y < at.Y+is.Height && at.Y < p.Y+s.Height {
					t.Errorf("%v: %q (%v at %v) lies over %s (%v at %v)", size, text, is, at, name, s, p)
				}
			}
		}
	}
}
