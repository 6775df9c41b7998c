package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"

	"kinora/app/job"
)

// Closing the window asks while a clip is being made; who presses twice means it.
func TestClosingAsksWhileAClipIsMade(t *testing.T) {
	for name, c := range map[string]struct {
		jobs   int
		answer func(r *rig)
		closed bool
	}{
		"nothing under way": {0, func(*rig) {}, true},
		"one, unanswered":   {1, func(*rig) {}, false},
		"three, confirmed":  {3, func(r *rig) { r.dialog.(*dialog.ConfirmDialog).Confirm() }, true},
		"one, dismissed":    {1, func(r *rig) { r.dialog.Hide() }, false},
		"one, pressed twice": {1, func(r *rig) {
			r.leave()
		}, true},
		"dismissed with Esc, and asked again": {1, func(r *rig) {
			r.key(&fyne.KeyEvent{Name: fyne.KeyEscape})
			r.leave()
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, newFake())
			closed := false
			r.win.SetOnClosed(func() { closed = true })
			r.write("a dog")
			for range c.jobs {
				test.Tap(r.compose.generate)
				r.settle()
			}
			r.leave()
			c.answer(r)
			r.settle()
			if closed != c.closed {
				t.Errorf("closed %v, want %v", closed, c.closed)
			}
		})
	}
}

// The window is no larger than the screen.
func TestWindowFitsTheScreen(t *testing.T) {
	for _, c := range []struct{ screen, want fyne.Size }{
		{fyne.NewSize(0, 0), fyne.NewSize(1240, 800)},
		{fyne.NewSize(1920, 1200), fyne.NewSize(1240, 800)},
		{fyne.NewSize(1280, 720), fyne.NewSize(1240, 720-titleBar)},
		{fyne.NewSize(800, 600), fyne.NewSize(800, 600-titleBar)},
	} {
		r := newRig(t, newFake())
		r.meta.Screen = c.screen
		r.fit()
		if got := r.Canvas().Size(); got != c.want {
			t.Errorf("on a screen of %v the window is %v, want %v", c.screen, got, c.want)
		}
	}
}

// A clip that was made and could not be kept is put on the stage, to be exported: what
// the error says can be done, the window offers. So is its card in the history.
func TestUnkeptClipCanBeExported(t *testing.T) {
	f := newFake()
	f.held = true
	r := newRig(t, f)
	r.write("a dog")
	test.Tap(r.compose.generate)
	r.settle()
	f.step(f.Jobs()[0].ID, job.Failed, func(j *job.Job) { j.Err = "the clip is made but could not be kept: the disk is full" })
	r.settle()
	if e := r.stage.entry(); e == nil || r.stage.export.Disabled() || r.over.Message() == "" {
		t.Fatalf("on the stage is %v, said %q", e, r.over.Message())
	}
	closed := false
	r.win.SetOnClosed(func() { closed = true })
	r.leave()
	if closed || !strings.Contains(texts(r.Canvas().Overlays().Top()), "lost") {
		t.Error("the window closes over a clip that is lost then")
	}
	r.key(&fyne.KeyEvent{Name: fyne.KeyEscape})
	r.lastFolder = t.TempDir()
	r.shortcut(ctrlE)
	r.dialog.(*dialog.ConfirmDialog).Confirm()
	r.settle()
	if len(f.exported) != 1 || len(r.unkept) != 0 {
		t.Errorf("exported %q, unkept %v", f.exported, r.unkept)
	}
	r.stage.clear()
	r.gallery.reload()
	r.settle()
	r.gallery.tap(r.gallery.entries[0], 0)
	r.settle()
	if r.stage.entry() == nil || r.covered() {
		t.Error("its card does not open it")
	}
	f.held = false
	r.stage.clear()
	r.gallery.tap(r.gallery.entries[0], 0)
	r.settle()
	if r.stage.entry() != nil || !r.covered() {
		t.Error("nobody says why there is no clip")
	}
}
