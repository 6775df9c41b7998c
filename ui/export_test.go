package ui

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"

	"kinora/ui/widgets"
)

// Nothing is written over unasked: the name that is offered is a free one, and one
// that is taken is asked about.
func TestExportAsksBeforeItReplaces(t *testing.T) {
	f := newFake()
	f.made("a red shoe")
	r := newRig(t, f)
	dir := t.TempDir()
	r.lastFolder = dir
	write := func(name string) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	confirm := func() {
		t.Helper()
		d, ok := r.dialog.(*dialog.ConfirmDialog)
		if !ok {
			t.Fatalf("the dialog is %T", r.dialog)
		}
		d.Confirm()
		r.settle()
	}
	write("a-red-shoe.gif")
	r.exportDialog(&r.gallery.entries[0])
	confirm()
	want := []string{"mp4:" + filepath.Join(dir, "a-red-shoe-2.mp4")}
	if !slices.Equal(f.exported, want) {
		t.Errorf("exported %q, want %q", f.exported, want)
	}
	r.exportDialog(&r.gallery.entries[0])
	write("a-red-shoe-2.mp4") // in between
	confirm()
	if len(f.exported) != 1 {
		t.Fatalf("exported unasked: %q", f.exported)
	}
	confirm()
	if len(f.exported) != 2 {
		t.Errorf("not replaced though confirmed: %q", f.exported)
	}
}

// Several clips go into one folder, each under a free name; what was there stays, and
// one that fails is told with how many were saved.
func TestExportOfSeveral(t *testing.T) {
	f := newFake()
	f.made("a red shoe", "a red shoe", "!", "bad luck")
	f.writes = true
	r := newRig(t, f)
	dir := t.TempDir()
	r.lastFolder = dir
	if err := os.WriteFile(filepath.Join(dir, "a-red-shoe.gif"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	choose := func(n int) {
		r.gallery.pick()
		for _, e := range r.gallery.entries[len(r.gallery.entries)-n:] {
			r.gallery.tap(e, 0)
		}
		r.settle()
		r.shortcut(ctrlE)
		folder, ok := r.Canvas().Focused().(*widgets.Entry)
		if !ok || folder.Text != dir {
			t.Fatalf("in focus is %T", r.Canvas().Focused())
		}
		press(folder, fyne.KeyReturn)
		r.settle()
	}
	choose(3)
	want := []string{"mp4:" + filepath.Join(dir, "clip.mp4"), "mp4:" + filepath.Join(dir, "a-red-shoe-2.mp4"), "mp4:" + filepath.Join(dir, "a-red-shoe-3.mp4")}
	if !slices.Equal(f.exported, want) || r.over.Message() != "Saved 3 clips in "+dir || r.covered() {
		t.Errorf("exported %q, want %q; said %q", f.exported, want, r.over.Message())
	}
	r.gallery.pick()
	f.unsaved = "bad-luck"
	choose(4)
	if len(f.exported) != 6 || !r.covered() {
		t.Errorf("exported %q after one failed; covered %v", f.exported[3:], r.covered())
	}
}

// Several clips are deleted together, and come back together.
func TestDeletionOfSeveral(t *testing.T) {
	f := newFake()
	f.made("one", "two", "three")
	r := newRig(t, f)
	r.gallery.pick()
	for _, e := range r.gallery.entries[:2] {
		r.gallery.tap(e, 0)
	}
	r.settle()
	r.key(&fyne.KeyEvent{Name: fyne.KeyDelete})
	r.settle()
	if len(r.gallery.entries) != 1 || r.over.Message() != "2 clips deleted" || r.gallery.picking || len(r.stage.entries) != 0 {
		t.Fatalf("%d clips, said %q, choosing %v", len(r.gallery.entries), r.over.Message(), r.gallery.picking)
	}
	test.Tap(r.over.Action())
	r.settle()
	var got []string
	for _, e := range r.gallery.entries {
		got = append(got, e.Request.Prompt)
	}
	if !slices.Equal(got, []string{"three", "two", "one"}) || len(r.deleted) != 0 {
		t.Errorf("after Undo: %q", got)
	}
}

// Shift chooses all from the clip chosen last.
func TestShiftChoosesARange(t *testing.T) {
	f := newFake()
	f.made("one", "two", "three", "four", "five")
	r := newRig(t, f)
	for _, c := range []struct {
		at   int
		mod  fyne.KeyModifier
		want []string
	}{
		{3, fyne.KeyModifierControl, []string{"two"}},
		{1, fyne.KeyModifierShift, []string{"two", "three", "four"}},
		{1, 0, []string{"two", "three"}},
		{4, fyne.KeyModifierShift, []string{"two", "three", "one"}},
	} {
		r.gallery.tap(r.gallery.entries[c.at], c.mod)
		r.settle()
		var got []string
		for _, e := range r.stage.entries {
			got = append(got, e.Request.Prompt)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("after %+v: %q", c, got)
		}
	}
}
