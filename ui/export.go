package ui

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app/export"
	"kinora/app/history"
	"kinora/ui/widgets"
)

// exportDialog asks where a clip is to be saved, and as what.
func (w *Window) exportDialog(e *history.Entry) {
	if e == nil {
		return
	}
	formats := w.door.Formats()
	if len(formats) == 0 {
		return
	}
	path := widgets.NewEntry()
	kind, at := w.formatField(formats)
	path.SetText(unused(filepath.Join(w.exportFolder(), fileName(*e)), formats) + formats[0].Ext)
	kind.OnChanged = func(string) {
		base := path.Text
		for _, f := range formats {
			if f.Ext != "" {
				base = strings.TrimSuffix(base, f.Ext)
			}
		}
		path.SetText(base + formats[at()].Ext)
		w.Canvas().Focus(path)
	}
	browse := widgets.NewButton("", fynetheme.FolderOpenIcon(), func() {
		w.pickFolder(filepath.Dir(path.Text), func(dir string) { path.SetText(filepath.Join(dir, filepath.Base(path.Text))) })
	})
	form := container.NewVBox(
		widgets.Named(w.say("Format"), kind),
		widgets.Named(w.say("Save as"), widgets.Fill(6, nil, path, browse)),
		widgets.Caption(w.say("The settings are kept in the file: drop it on this window to restore them.")))
	d := dialog.NewCustomConfirm(w.say("Export clip"), w.say("Export"), w.say("Cancel"), widgets.Wide(form, 520), func(ok bool) {
		if ok {
			w.replace(path.Text, func() { w.exportTo(*e, path.Text, formats[at()].Name) })
		}
	}, w.win)
	path.OnSubmitted = func(string) { d.Confirm() }
	w.show(d)
	path.CursorColumn = len([]rune(path.Text))
	w.Canvas().Focus(path)
}

// unused puts a number behind a path if something of that name is there in a format.
func unused(base string, formats []export.Format) string {
	path := base
	for n := 2; n < 1000 && slices.ContainsFunc(formats, func(f export.Format) bool { return there(path + f.Ext) }); n++ {
		path = fmt.Sprintf("%s-%d", base, n)
	}
	return path
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// replace does something that writes to path, but asks first if that is there already.
func (w *Window) replace(path string, do func()) {
	if !there(path) {
		do()
		return
	}
	d := dialog.NewConfirm(w.say("Replace %s?", filepath.Base(path)), w.say("There is something of this name already."), func(ok bool) {
		if ok {
			do()
		}
	}, w.win)
	d.SetConfirmText(w.say("Replace"))
	d.SetDismissText(w.say("Cancel"))
	w.show(d)
}

// exportTo saves in the background, behind a bar that moves.
func (w *Window) exportTo(e history.Entry, path, format string) {
	ctx, cancel := context.WithCancel(context.Background())
	bar := widget.NewProgressBarInfinite()
	d := dialog.NewCustom(w.say("Exporting…"), w.say("Cancel"), widgets.Wide(widgets.Column(8, widgets.Caption(path), bar), 420), w.win)
	d.SetOnClosed(func() {
		cancel()
		bar.Stop()
	})
	w.show(d)
	w.lastFolder = filepath.Dir(path)
	w.background(func() func() {
		err := w.door.Export(ctx, e.ID, path, format)
		return func() {
			given := ctx.Err() != nil
			d.Hide()
			switch {
			case err == nil:
				delete(w.unkept, e.ID)
				w.over.Toast(w.say("Saved %s", filepath.Base(path)), w.say("Open folder"), func() { w.openFolder(filepath.Dir(path)) })
			case !given:
				w.fail(err)
			}
		}
	})
}

// exportFolder is where the last export went, or else the folder that the clips'
// own lies in, such as the user's videos.
func (w *Window) exportFolder() string {
	if w.lastFolder != "" {
		return w.lastFolder
	}
	return filepath.Dir(w.door.Folder())
}
