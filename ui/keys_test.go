package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"

	"kinora/app/job"
	"kinora/ui/widgets"
)

func press(o fyne.Focusable, k fyne.KeyName) { o.TypedKey(&fyne.KeyEvent{Name: k}) }

// Esc stops the clip that is being made wherever the focus is.
func TestEscapeMeansTheSameEverywhere(t *testing.T) {
	for name, focus := range map[string]func(r *rig) fyne.Focusable{
		"select": func(r *rig) fyne.Focusable { return r.compose.model },
		"check":  func(r *rig) fyne.Focusable { return r.compose.lines },
		"button": func(r *rig) fyne.Focusable { return r.compose.generate },
		"chip":   func(r *rig) fyne.Focusable { return r.compose.examples.Objects[0].(*widgets.Chip) },
		"slider": func(r *rig) fyne.Focusable { return r.compose.steps.Slider() },
		"number": func(r *rig) fyne.Focusable { return r.compose.steps.Entry() },
		"clips":  func(r *rig) fyne.Focusable { return r.gallery.grid },
		"search": func(r *rig) fyne.Focusable { return r.gallery.field },
		"seek":   func(r *rig) fyne.Focusable { return r.stage.player.Seeker() },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, newFake())
			r.write("a dog\na cat")
			for range 2 {
				test.Tap(r.compose.generate)
				r.settle()
			}
			o := focus(r)
			r.Canvas().Focus(o)
			press(o, fyne.KeyEscape)
			r.settle()
			if a, b := r.f.state(id(1)), r.f.state(id(2)); a != job.Cancelled || b != job.Queued {
				t.Errorf("jobs %s and %s, want the first alone cancelled", a, b)
			}
		})
	}
}

// Esc ends the choosing of clips before it stops the clip that is being made.
func TestEscapeEndsChoosing(t *testing.T) {
	f := newFake()
	f.made("a red shoe")
	r := newRig(t, f)
	r.write("a dog")
	test.Tap(r.compose.generate)
	r.settle()
	test.Tap(r.gallery.compare)
	r.Canvas().Focus(r.gallery.grid)
	for i, want := range []job.State{job.Queued, job.Cancelled} {
		press(r.gallery.grid, fyne.KeyEscape)
		r.settle()
		if got := r.f.state(id(2)); r.gallery.picking || got != want {
			t.Errorf("after %d presses choosing is %v, and the job %s, want %s", i+1, r.gallery.picking, got, want)
		}
	}
}

func TestKeysOfButtonsAndChips(t *testing.T) {
	r := newRig(t, newFake())
	r.write("a dog")
	for i, k := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace} {
		press(r.compose.generate, k)
		r.settle()
		if n := r.f.count(); n != i+1 {
			t.Errorf("%s: %d clips asked for, want %d", k, n, i+1)
		}
	}
	r.compose.prompt.SetText("")
	press(r.compose.generate, fyne.KeyReturn)
	r.settle()
	if n := r.f.count(); n != 3 {
		t.Error("Return presses a button that is disabled")
	}
	press(r.compose.examples.Objects[0].(*widgets.Chip), fyne.KeyReturn)
	if !r.covered() {
		t.Error("Return on a chip opens no menu")
	}
}

func TestKeysOfTheExportDialog(t *testing.T) {
	f := newFake()
	f.made("a red shoe")
	r := newRig(t, f)
	r.lastFolder = t.TempDir()
	open := func() *widgets.Entry {
		t.Helper()
		r.exportDialog(&r.gallery.entries[0])
		path, ok := r.Canvas().Focused().(*widgets.Entry)
		if !ok {
			t.Fatalf("in focus is %T", r.Canvas().Focused())
		}
		return path
	}
	press(open(), fyne.KeyEscape)
	r.settle()
	if r.covered() || len(f.exported) != 0 {
		t.Errorf("after Esc: covered %v, exported %q", r.covered(), f.exported)
	}
	press(open(), fyne.KeyReturn)
	r.settle()
	if len(f.exported) != 1 {
		t.Errorf("after Return: exported %q", f.exported)
	}
}

func TestReturnPutsAnErrorAway(t *testing.T) {
	r := newRig(t, newFake())
	r.fail(errText("the disk is full"))
	r.key(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if r.covered() {
		t.Error("it stays")
	}
	r.show(dialog.NewConfirm("Replace?", "", func(bool) { t.Error("a question was answered by Return") }, r.win))
	r.key(&fyne.KeyEvent{Name: fyne.KeyReturn})
}

// A deleted clip comes back with Ctrl+Z, the last one first, after the message is gone
// too; in a field the key belongs to the text.
func TestUndoByKey(t *testing.T) {
	f := newFake()
	f.made("one", "two", "three")
	r := newRig(t, f)
	for range 2 {
		r.gallery.tap(r.gallery.entries[0], 0)
		r.settle()
		r.key(&fyne.KeyEvent{Name: fyne.KeyDelete})
		r.wait(20e9)
	}
	undo := r.Canvas().(interface{ TypedShortcut(fyne.Shortcut) })
	if r.compose.prompt.TypedShortcut(&fyne.ShortcutUndo{}); len(r.gallery.entries) != 1 {
		t.Errorf("%d clips after an undo in the prompt", len(r.gallery.entries))
	}
	for i, want := range []string{"two", "three", "three"} {
		undo.TypedShortcut(&fyne.ShortcutUndo{})
		r.settle()
		if got := r.gallery.entries[0].Request.Prompt; got != want || len(r.gallery.entries) != min(i+2, 3) {
			t.Errorf("undo %d: %q of %d clips, want %q", i, got, len(r.gallery.entries), want)
		}
	}
}

// In the history Return opens a clip and Del deletes it; with no clips keys do nothing.
func TestKeysAmongTheClips(t *testing.T) {
	f := newFake()
	f.made("one", "two")
	r := newRig(t, f)
	r.Canvas().Focus(r.gallery.grid)
	for want := 2; want > 0; want-- {
		press(r.gallery.grid, fyne.KeyReturn)
		r.settle()
		if e := r.stage.entry(); e == nil || e.ID != id(want) {
			t.Fatalf("Return opened %v, want clip %d", e, want)
		}
		press(r.gallery.grid, fyne.KeyDelete)
		r.settle()
		if len(r.gallery.entries) != want-1 {
			t.Fatalf("%d clips after Del", len(r.gallery.entries))
		}
	}
	for _, k := range []fyne.KeyName{fyne.KeyDown, fyne.KeyReturn, fyne.KeyUp, fyne.KeySpace, fyne.KeyDelete} {
		press(r.gallery.grid, k)
	}
}

// Tab goes through the pane, and the pane scrolls along; where the wheel scrolled to
// stays when a menu gives the focus back.
func TestTabScrollsThePane(t *testing.T) {
	r := newRig(t, newFake())
	r.compose.more.Open(true)
	r.win.Resize(fyne.NewSize(900, 420))
	r.settle()
	d := r.app.Driver()
	port := d.AbsolutePositionForObject(r.compose.scroll)
	c := r.compose
	unseen := map[fyne.Focusable]bool{c.prompt: true, c.image.choose: true, c.steps.Slider(): true, c.seed: true, c.loras.add: true,
		c.preset: true, c.sampler: true, c.guidance.Entry(): true, c.shift.Slider(): true, c.shift.Entry(): true}
	r.Canvas().Focus(c.prompt)
	for range 60 {
		o := r.Canvas().Focused()
		if unseen[o] {
			delete(unseen, o)
			it := o.(fyne.CanvasObject)
			if at := d.AbsolutePositionForObject(it); at.Y < port.Y || at.Y+it.Size().Height > port.Y+c.scroll.Size().Height {
				t.Errorf("%T has the focus out of sight, at %v", o, at)
			}
		}
		r.Canvas().FocusNext()
	}
	if len(unseen) > 0 {
		t.Errorf("Tab did not come to %v", unseen)
	}
	r.Canvas().Focus(r.compose.prompt)
	if r.compose.scroll.Offset.Y > 40 {
		t.Errorf("the prompt is out of sight at %v", r.compose.scroll.Offset)
	}
	r.compose.scroll.ScrollToBottom()
	low := r.compose.scroll.Offset
	r.compose.prompt.FocusLost()
	r.compose.prompt.FocusGained()
	if r.compose.scroll.Offset != low {
		t.Errorf("scrolled from %v to %v though the focus stayed", low, r.compose.scroll.Offset)
	}
}
