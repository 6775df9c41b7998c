package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"
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
