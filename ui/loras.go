package ui

import (
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/inference"
	"kinora/ui/widgets"
)

// checkpointFiles are the kinds of file that can be a LoRA.
var checkpointFiles = []string{".safetensors", ".gguf", ".pth", ".pt"}

// loras are the files laid on the model, each with its strength.
type loras struct {
	w       *Window
	changed func()
	relay   func() // it has grown or shrunk
	list    []inference.Adapter
	rows    []*loraRow
	box     *fyne.Container
	add     *widgets.Button
}

type loraRow struct {
	file     string
	strength *widgets.Number
}

func newLoRAs(w *Window, changed, relay func()) *loras {
	l := &loras{w: w, changed: changed, relay: relay}
	l.add = widgets.NewButton(w.say("Add a LoRA…"), fynetheme.ContentAddIcon(), l.offer)
	l.box = widgets.Column(7)
	l.show()
	return l
}

// value is what a request says of them.
func (l *loras) value() (list []inference.LoRA) {
	for _, r := range l.rows {
		list = append(list, inference.LoRA{File: r.file, Strength: r.strength.Value()})
	}
	return list
}

// set puts those of a request in.
func (l *loras) set(list []inference.LoRA) {
	l.rows = nil
	for _, it := range list {
		l.lay(it)
	}
	l.show()
}

func (l *loras) lay(it inference.LoRA) {
	if slices.ContainsFunc(l.rows, func(r *loraRow) bool { return r.file == it.File }) {
		return
	}
	n := widgets.NewNumber(l.w.say("Strength"), -2, 2, 10, .05, l.w.escape)
	n.SetValue(it.Strength)
	n.OnChanged = func(float64) { l.changed() }
	n.Entry().OnShortcut = l.w.shortcut
	l.rows = append(l.rows, &loraRow{it.File, n})
}

// take adds a file that somebody chose.
func (l *loras) take(file string) {
	l.lay(inference.LoRA{File: file, Strength: 1})
	l.show()
	l.changed()
}

func (l *loras) remove(file string) {
	l.rows = slices.DeleteFunc(l.rows, func(r *loraRow) bool { return r.file == file })
	l.show()
	l.changed()
}

func (l *loras) show() {
	l.box.Objects = nil
	for _, r := range l.rows {
		name := loraName(r.file)
		off := widgets.NewIcon(fynetheme.CancelIcon(), l.w.say("Without this LoRA"), l.w.over, func() { l.remove(r.file) })
		l.box.Add(widgets.Column(2, widgets.Fill(4, nil, widgets.NewText(name, fynetheme.SizeNameText, ""), off), r.strength))
	}
	l.box.Add(widgets.Named(l.w.say("LoRA"), l.add))
	l.box.Refresh()
	l.relay()
}

// loraName is what a LoRA's file is called.
func loraName(file string) string {
	name := filepath.Base(file)
	for _, ext := range checkpointFiles {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}

// offer lists the LoRAs that are there under the button.
func (l *loras) offer() {
	pos := l.w.app.Driver().AbsolutePositionForObject(l.add)
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", l.items()...), l.w.Canvas(), pos.AddXY(0, l.add.Size().Height+4))
}

func (l *loras) items() []*fyne.MenuItem {
	var items []*fyne.MenuItem
	for _, a := range l.list {
		if slices.ContainsFunc(l.rows, func(r *loraRow) bool { return r.file == a.Name || r.file == a.Path }) {
			continue
		}
		text := short(a.Name, 48)
		if a.Model != "" {
			text += "  ·  " + a.Model
		}
		items = append(items, fyne.NewMenuItem(text, func() { l.take(a.Name) }))
	}
	if len(items) > 0 {
		items = append(items, fyne.NewMenuItemSeparator())
	}
	return append(items, fyne.NewMenuItem(l.w.say("From a file…"), l.browse))
}

func (l *loras) browse() {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err != nil {
			l.w.fail(err)
		}
		if r != nil {
			r.Close()
			l.take(r.URI().Path())
		}
	}, l.w.win)
	d.SetFilter(storage.NewExtensionFileFilter(checkpointFiles))
	l.w.present(d)
}
