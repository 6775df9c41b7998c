package ui

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app/studio"
	"kinora/inference"
	"kinora/ui/widgets"
)

// An outlook says, before generating, what the clip will take.
type outlook struct {
	line *widgets.Text
	box  *fyne.Container
}

func newOutlook(w *Window) *outlook {
	o := &outlook{line: widgets.Caption("")}
	more := widgets.NewIcon(fynetheme.InfoIcon(), w.say("Memory plan"), w.over, w.memoryPlan)
	o.box = widgets.Fill(6, nil, o.line, more)
	o.box.Hide()
	return o
}

func (o *outlook) set(w *Window, f *studio.Forecast) {
	if f == nil || f.Memory.Peak == 0 && f.Time == 0 {
		o.box.Hide()
		return
	}
	o.line.SetText(w.foretold(*f))
	o.box.Show()
}

// foretold is a forecast in a line.
func (w *Window) foretold(f studio.Forecast) string {
	parts := []string{}
	if f.Time > 0 {
		parts = append(parts, w.say("about %s", w.span(f.Time)))
	}
	if f.Memory.Peak > 0 {
		parts = append(parts, w.say("%s of memory", size(f.Memory.Peak)))
	}
	if f.Disk > 0 {
		parts = append(parts, w.say("%s on disk", size(f.Disk)))
	}
	return strings.Join(parts, "  ·  ")
}

// span is a duration as people say it.
func (w *Window) span(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 100:
		return w.say("%d s", int(max(1, math.Round(s))))
	case s < 6000:
		return w.say("%d min", int(math.Round(s/60)))
	default:
		return w.say("%.1f h", s/3600)
	}
}

// size is a number of bytes as people say it.
func size(n int64) string {
	switch {
	case n < 1e6:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// memoryPlan shows what the clip that is being written will take, part by part.
func (w *Window) memoryPlan() {
	order := w.compose.order()
	w.background(func() func() {
		f, err := w.door.Forecast(context.Background(), order.Request)
		return func() {
			if err != nil {
				w.fail(err)
				return
			}
			body := widgets.Inset(w.planTable(f), 6)
			d := dialog.NewCustom(w.say("Memory plan"), w.say("OK"), container.NewVScroll(body), w.win)
			s := w.Canvas().Size()
			d.Resize(fyne.NewSize(min(s.Width-60, 620), min(s.Height-60, body.MinSize().Height+140)))
			w.show(d)
		}
	})
}

// parts are the phases that people are told of, by the beginning of their names.
var parts = []struct{ phase, name string }{
	{"text encoder", "Text encoder"}, {"picture encoder", "Picture encoder"}, {"denoiser", "Denoiser"}, {"VAE decoder", "Decoder"},
}

func (w *Window) planTable(f studio.Forecast) fyne.CanvasObject {
	table := container.NewVBox()
	for _, p := range parts {
		var most *inference.Phase
		for i, ph := range f.Memory.Phases {
			if strings.HasPrefix(ph.Name, p.phase) && (most == nil || ph.Total > most.Total) {
				most = &f.Memory.Phases[i]
			}
		}
		if most == nil {
			continue
		}
		name := widgets.Wide(widgets.NewText(w.say(p.name), "", ""), 120)
		total := widgets.NewText(size(most.Total), "", "")
		total.Align = fyne.TextAlignTrailing
		table.Add(widgets.Fill(10, name, widgets.Caption(w.how(*most)), widgets.Wide(total, 80)))
	}
	m := f.Memory
	words := []string{w.say("At most %s of %s.", size(m.Peak), size(m.Room))}
	if !m.Shared && m.Host > 0 {
		words = append(words, w.say("Beside the device, %s of the computer's memory.", size(m.Host)))
	}
	if f.Time > 0 {
		words = append(words, w.say("It takes about %s, going by %d clips before.", w.span(f.Time), f.Runs))
	} else {
		words = append(words, w.say("How long it takes is known once a clip of this model was made."))
	}
	words = append(words, w.say("The parts follow one another: each gives its memory back before the next begins."))
	text := widget.NewLabel(strings.Join(words, " "))
	text.Wrapping = fyne.TextWrapWord
	return container.NewVBox(table, widget.NewSeparator(), text)
}

// how says in a few words where a part's weights are and how it is cut.
func (w *Window) how(p inference.Phase) string {
	var list []string
	switch {
	case p.Streamed > 0 && p.Resident > 0:
		list = append(list, w.say("%s of weights stay, %s come by block by block", size(p.Resident), size(p.Streamed)))
	case p.Streamed > 0:
		list = append(list, w.say("%s of weights come by block by block", size(p.Streamed)))
	case p.Mapped > 0:
		list = append(list, w.say("%s of weights are read from the file", size(p.Mapped)))
	default:
		list = append(list, w.say("%s of weights stay", size(p.Resident)))
	}
	if p.Tiles > 0 {
		list = append(list, w.say("in %d tiles", p.Tiles))
	}
	if p.Rows > 0 {
		list = append(list, w.say("in pieces"))
	}
	return strings.Join(list, ", ")
}
