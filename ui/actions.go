package ui

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"

	"kinora/app/history"
	"kinora/app/job"
)

var errCancelled = context.Canceled

// cancelCurrent stops the job that runs, or else the next in line.
func (w *Window) cancelCurrent() {
	if id := w.queue.current(); id != "" {
		w.door.Cancel(id)
	}
}

// delete takes clips out of the history and offers to bring them back.
func (w *Window) delete(of ...history.Entry) {
	if len(of) == 0 {
		return
	}
	w.background(func() func() {
		var gone []job.ID
		var err error
		for _, e := range of {
			if err = w.door.Delete(context.Background(), e.ID); err != nil {
				break
			}
			gone = append(gone, e.ID)
		}
		return func() {
			if len(gone) > 0 {
				w.gone(gone)
			}
			w.fail(err)
		}
	})
}

// gone shows that clips were deleted.
func (w *Window) gone(ids []job.ID) {
	if slices.ContainsFunc(w.stage.entries, func(e history.Entry) bool { return slices.Contains(ids, e.ID) }) {
		w.stage.clear()
	}
	for _, id := range ids {
		delete(w.unkept, id)
	}
	w.gallery.forget(ids)
	w.deleted = append(w.deleted, ids)
	text := w.say("Clip deleted")
	if len(ids) > 1 {
		text = w.say("%d clips deleted", len(ids))
	}
	w.over.Toast(text, w.say("Undo"), w.undo)
}

// undo brings back what was deleted last.
func (w *Window) undo() {
	last := len(w.deleted) - 1
	if last < 0 || w.covered() {
		return
	}
	ids := w.deleted[last]
	w.deleted = w.deleted[:last]
	w.over.Dismiss()
	w.background(func() func() {
		var err error
		for i := len(ids) - 1; i >= 0 && err == nil; i-- {
			err = w.door.Restore(context.Background(), ids[i])
		}
		return func() {
			w.fail(err)
			w.gallery.reload()
		}
	})
}

// drop takes files let go over the window: a clip gives its settings back, an
// image becomes the first frame, a checkpoint is laid on the model as a LoRA.
func (w *Window) drop(files []fyne.URI) {
	if len(files) == 0 {
		return
	}
	if len(files) > 1 {
		w.over.Toast(w.say("One file at a time: %s is taken", files[0].Name()), "", nil)
	}
	path := files[0].Path()
	ext := strings.ToLower(filepath.Ext(path))
	// An address dropped by a browser comes as a path below the working folder.
	if strings.Contains(filepath.ToSlash(path), "/http:/") || strings.Contains(filepath.ToSlash(path), "/https:/") {
		w.fail(errText(w.say("Only files on this computer can be used: save it first, then drop the file")))
		return
	}
	if slices.Contains(pictures, ext) && ext != ".gif" && ext != ".png" {
		w.firstFrame(path)
		return
	}
	if slices.Contains(checkpointFiles, ext) {
		w.compose.more.Open(true)
		w.compose.loras.take(path)
		return
	}
	w.background(func() func() {
		r, image, err := w.door.Recipe(path)
		return func() {
			switch {
			case err == nil:
				w.compose.put(r, image)
				w.compose.lock(true)
				w.over.Toast(w.say("Settings restored from %s", filepath.Base(path)), "", nil)
			case slices.Contains(pictures, ext):
				w.firstFrame(path) // a picture without settings is just a picture
			case ext == ".mp4":
				w.fail(err)
			default:
				w.fail(errText(w.say("Drop a clip (MP4, GIF, PNG), a picture or a LoRA: %s is none of them", filepath.Base(path))))
			}
		}
	})
}

func (w *Window) firstFrame(path string) {
	if w.compose.image.choose.Disabled() {
		w.fail(errText(w.say("This model cannot start from an image")))
		return
	}
	w.compose.image.set(path)
}

// present shows a file dialog of a comfortable size.
func (w *Window) present(d dialog.Dialog) {
	s := w.Canvas().Size()
	d.Resize(fyne.NewSize(min(s.Width-60, 860), min(s.Height-60, 600)))
	w.show(d)
}

var (
	ctrlEnter = &desktop.CustomShortcut{KeyName: fyne.KeyReturn, Modifier: fyne.KeyModifierShortcutDefault}
	ctrlPad   = &desktop.CustomShortcut{KeyName: fyne.KeyEnter, Modifier: fyne.KeyModifierShortcutDefault}
	ctrlF     = &desktop.CustomShortcut{KeyName: fyne.KeyF, Modifier: fyne.KeyModifierShortcutDefault}
	ctrlE     = &desktop.CustomShortcut{KeyName: fyne.KeyE, Modifier: fyne.KeyModifierShortcutDefault}
	ctrlComma = &desktop.CustomShortcut{KeyName: fyne.KeyComma, Modifier: fyne.KeyModifierShortcutDefault}
)

// keys binds the window's keys.
func (w *Window) keys() {
	for _, s := range []fyne.Shortcut{ctrlEnter, ctrlPad, ctrlF, ctrlE, ctrlComma} {
		w.Canvas().AddShortcut(s, func(s fyne.Shortcut) { w.shortcut(s) })
	}
	w.Canvas().AddShortcut(&fyne.ShortcutUndo{}, func(fyne.Shortcut) { w.undo() }) // in a field it is the field's
	w.Canvas().SetOnTypedKey(w.key)
}

// shortcut acts on the window's shortcuts and reports whether s is one.
func (w *Window) shortcut(s fyne.Shortcut) bool {
	if w.covered() {
		return false
	}
	switch s.ShortcutName() {
	case ctrlEnter.ShortcutName(), ctrlPad.ShortcutName():
		w.compose.submit()
	case ctrlF.ShortcutName():
		w.Canvas().Focus(w.gallery.field)
	case ctrlE.ShortcutName():
		w.exportChosen()
	case ctrlComma.ShortcutName():
		w.settings()
	default:
		return false
	}
	return true
}

// key acts on a key that no field wants.
func (w *Window) key(k *fyne.KeyEvent) {
	switch {
	case w.escape(k):
	case w.covered():
		if (k.Name == fyne.KeyReturn || k.Name == fyne.KeyEnter) && w.enter != nil {
			w.enter()
		}
	case w.stage.player.Key(k.Name):
	case k.Name == fyne.KeyDelete:
		w.delete(w.stage.entries...)
	}
}

// escape puts a dialog away on Esc, or else ends the choosing of clips, or else cancels
// the running job.
func (w *Window) escape(k *fyne.KeyEvent) bool {
	switch {
	case k.Name != fyne.KeyEscape:
		return false
	case w.covered() && w.dialog != nil:
		w.dialog.Hide()
	case w.gallery.picking:
		w.gallery.pick()
	default:
		w.cancelCurrent()
	}
	return true
}

// covered reports whether a dialog or a menu is over the window.
func (w *Window) covered() bool { return w.Canvas().Overlays().Top() != nil }
