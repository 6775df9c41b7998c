package ui

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fyne.io/fyne/v2/dialog"
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
