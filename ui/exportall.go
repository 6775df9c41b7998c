package ui

import (
	"context"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app/export"
	"kinora/app/history"
	"kinora/ui/widgets"
)

// exportChosen exports what is on the stage: one clip, or several into a folder.
func (w *Window) exportChosen() {
	if of := w.stage.entries; len(of) > 1 {
		w.exportAllDialog(of)
	} else {
		w.exportDialog(w.stage.entry())
	}
}

// exportAllDialog asks for the folder that several clips are saved in, and as what.
func (w *Window) exportAllDialog(of []history.Entry) {
	formats := w.door.Formats()
	if len(formats) == 0 {
		return
	}
	kind, at := w.formatField(formats)
	folder := widgets.NewEntry()
	folder.SetText(w.exportFolder())
	browse := widgets.NewButton("", fynetheme.FolderOpenIcon(), func() { w.pickFolder(folder.Text, folder.SetText) })
	form := container.NewVBox(
		widgets.Named(w.say("Format"), kind),
		widgets.Named(w.say("Folder"), widgets.Fill(6, nil, folder, browse)),
		widgets.Caption(w.say("Each is named after its prompt; what is there already stays as it is.")))
	d := dialog.NewCustomConfirm(w.say("Export %d clips", len(of)), w.say("Export"), w.say("Cancel"), widgets.Wide(form, 520), func(ok bool) {
		if ok && strings.TrimSpace(folder.Text) != "" {
			w.exportAll(of, filepath.Clean(pathOf(folder.Text)), formats[at()])
		}
	}, w.win)
	folder.OnSubmitted = func(string) { d.Confirm() }
	w.show(d)
	folder.CursorColumn = len([]rune(folder.Text))
	w.Canvas().Focus(folder)
}

// formatField chooses among formats; at is the one that is chosen.
func (w *Window) formatField(formats []export.Format) (kind *widget.RadioGroup, at func() int) {
	var titles []string
	for _, f := range formats {
		titles = append(titles, w.say(f.Title))
	}
	kind = widget.NewRadioGroup(titles, nil)
	kind.Horizontal, kind.Required = true, true
	kind.SetSelected(titles[0])
	return kind, func() int {
		for i, t := range titles {
			if t == kind.Selected {
				return i
			}
		}
		return 0
	}
}

// pickFolder asks for a folder, beginning at one.
func (w *Window) pickFolder(from string, take func(string)) {
	d := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if err != nil {
			w.fail(err)
		}
		if u != nil {
			take(u.Path())
		}
	}, w.win)
	if u, err := storage.ListerForURI(storage.NewFileURI(from)); err == nil {
		d.SetLocation(u)
	}
	w.present(d)
}

// exportAll saves clips one after another, each under a free name, and says at the end
// in a sentence what came of it.
func (w *Window) exportAll(of []history.Entry, dir string, as export.Format) {
	ctx, cancel := context.WithCancel(context.Background())
	bar, name := widget.NewProgressBar(), widgets.Caption("")
	bar.Max = float64(len(of))
	d := dialog.NewCustom(w.say("Exporting…"), w.say("Cancel"), widgets.Wide(widgets.Column(8, name, bar), 420), w.win)
	d.SetOnClosed(cancel)
	w.show(d)
	w.lastFolder = dir
	formats := w.door.Formats()
	w.background(func() func() {
		saved := 0
		var wrong error
		var which string
		for i, e := range of {
			path := unused(filepath.Join(dir, fileName(e)), formats) + as.Ext
			w.post(bar, func() {
				name.SetText(path)
				bar.SetValue(float64(i))
			})
			err := w.door.Export(ctx, e.ID, path, as.Name)
			if ctx.Err() != nil {
				break
			}
			if err == nil {
				saved++
				w.post(nil, func() { delete(w.unkept, e.ID) })
			} else if wrong == nil {
				wrong, which = err, called(e.Request, e.ImagePath)
			}
		}
		return func() {
			d.Hide()
			folder := func() { w.openFolder(dir) }
			switch {
			case wrong != nil:
				w.fail(errText(w.say("Saved %d of %d clips in %s. “%s”: %s", saved, len(of), dir, short(which, 40), w.sentence(wrong))))
			case saved < len(of):
				w.over.Toast(w.say("Saved %d of %d clips in %s", saved, len(of), dir), w.say("Open folder"), folder)
			default:
				w.over.Toast(w.say("Saved %d clips in %s", saved, dir), w.say("Open folder"), folder)
			}
		}
	})
}
