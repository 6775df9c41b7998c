package ui

import (
	"encoding/json"
	"math"
	"path/filepath"
	"runtime"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	fynetheme "fyne.io/fyne/v2/theme"

	"kinora/app/settings"
	"kinora/ui/widgets"
)

// choices are the words of the table as people say them.
var choices = map[string]string{
	"system": "As the system", "light": "Light", "dark": "Dark",
	"en": "English", "zh": "中文",
	"auto": "Automatic", "cpu": "CPU", "cuda": "NVIDIA GPU (CUDA)",
	"cuda-mma": "NVIDIA GPU (CUDA, mma.sync)",
	"fp32":     "Exact (fp32)", "bf16": "Fast (bf16)",
}

// settings shows the form, made from the studio's table.
func (w *Window) settings() {
	values, err := asMap(w.door.Settings())
	if err != nil {
		w.fail(err)
		return
	}
	form := container.NewVBox()
	for _, item := range w.door.SettingsTable() {
		control := w.control(item, values)
		name := widgets.NewText(w.say(item.Label), "", "")
		row := container.NewVBox(widgets.Fill(12, widgets.Wide(name, 130), control, nil))
		help := w.say(item.Help)
		if item.Restart {
			help += " " + w.say("(at the next start)")
		}
		if help != "" {
			row.Add(container.New(edges{142, 0, 2, 0}, widgets.Caption(help)))
		}
		form.Add(row)
	}
	about := widgets.Caption("Kinora " + w.meta.Version + "  ·  " + w.meta.Device + "  ·  GPL-3.0-or-later")
	plan := widgets.NewButton(w.say("Memory plan…"), fynetheme.InfoIcon(), w.memoryPlan)
	form.Add(container.New(edges{142, 6, 0, 0}, widgets.Row(0, plan)))
	form.Add(container.New(edges{0, 8, 0, 0}, about))
	d := dialog.NewCustomConfirm(w.say("Settings"), w.say("Save"), w.say("Cancel"),
		widgets.NewScroll(widgets.Inset(form, 6)), func(ok bool) {
			if ok {
				w.saveSettings(values)
			}
		}, w.win)
	s := w.Canvas().Size()
	d.Resize(fyne.NewSize(min(s.Width-60, 660), min(s.Height-60, form.MinSize().Height+150)))
	w.show(d)
}

// control makes the widget of one setting; it writes what is chosen to values.
func (w *Window) control(item settings.Item, values map[string]any) fyne.CanvasObject {
	key := item.Key
	switch item.Kind {
	case settings.Choice:
		var names []string
		at := -1
		for i, c := range item.Choices {
			names = append(names, w.say(or(choices[c], c)))
			if values[key] == c || c == item.Choices[0] && values[key] == "" {
				at = i
			}
		}
		s := widgets.NewSelect(names, nil)
		s.SetSelectedIndex(at)
		s.OnChanged = func(string) { values[key] = item.Choices[s.SelectedIndex()] }
		return s
	case settings.Flag:
		c := widgets.NewCheck("", func(on bool) { values[key] = on })
		on, _ := values[key].(bool)
		c.SetChecked(on)
		return c
	case settings.Number:
		now, _ := values[key].(float64)
		high := item.Max
		if high <= 0 || high == math.MaxInt {
			high = runtime.NumCPU()
		}
		n := widgets.NewNumber("", float64(item.Min), float64(high), float64(high), 1, nil)
		n.SetValue(now)
		n.OnChanged = func(v float64) { values[key] = v }
		return n
	}
	if item.Kind == settings.List {
		return w.folders(key, values)
	}
	e := widgets.NewEntry()
	text, _ := values[key].(string)
	e.SetText(text)
	e.OnChanged = func(s string) { values[key] = s }
	if item.Kind == settings.Text {
		return e
	}
	browse := widgets.NewButton("", fynetheme.FolderOpenIcon(), func() { w.browse(item.Kind, e) })
	return widgets.Fill(6, nil, e, browse)
}

// folders is the control of a list of folders: their paths, as the system separates
// them, and a button that adds one.
func (w *Window) folders(key string, values map[string]any) fyne.CanvasObject {
	list, _ := values[key].([]any)
	var paths []string
	for _, p := range list {
		if s, ok := p.(string); ok {
			paths = append(paths, s)
		}
	}
	e := widgets.NewEntry()
	e.SetText(strings.Join(paths, string(filepath.ListSeparator)))
	e.OnChanged = func(s string) {
		now := []any{}
		for _, p := range filepath.SplitList(s) {
			if p != "" {
				now = append(now, p)
			}
		}
		values[key] = now
	}
	browse := widgets.NewButton("", fynetheme.FolderOpenIcon(), func() {
		w.present(dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
			if u != nil {
				e.SetText(strings.Trim(e.Text+string(filepath.ListSeparator)+u.Path(), string(filepath.ListSeparator)))
			}
		}, w.win))
	})
	return widgets.Fill(6, nil, e, browse)
}

func (w *Window) browse(kind settings.Kind, into *widgets.Entry) {
	if kind == settings.File {
		w.present(dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
			if r != nil {
				r.Close()
				into.SetText(r.URI().Path())
			}
		}, w.win))
		return
	}
	w.present(dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if u != nil {
			into.SetText(u.Path())
		}
	}, w.win))
}

func (w *Window) saveSettings(values map[string]any) {
	w.background(func() func() {
		var wrong error
		err := w.amend(func(v *settings.Values) {
			last, image, lines := v.Last, v.LastImage, v.Lines // asked for since the form was opened
			wrong = fromMap(values, v)
			v.Last, v.LastImage, v.Lines = last, image, lines
		})
		return func() {
			w.fail(or(wrong, err))
			w.redress()
		}
	})
}

// amend changes the settings, one change at a time. It writes to the disk.
func (w *Window) amend(change func(*settings.Values)) error {
	w.saving.Lock()
	defer w.saving.Unlock()
	v := w.door.Settings()
	change(&v)
	return w.door.SetSettings(v)
}

func asMap(v settings.Values) (map[string]any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	delete(m, "last") // seeds do not survive a float
	return m, nil
}

func fromMap(m map[string]any, v *settings.Values) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}
