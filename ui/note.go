package ui

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app/studio"
	"kinora/inference"
	"kinora/ui/theme"
	"kinora/ui/widgets"
)

// note says, before generating, what will not turn out as written.
type note struct {
	speech
	relay func() // it has come, gone or grown
	widget.BaseWidget
	label   *widget.Label
	icon    *widget.Icon
	back    *widgets.Surface
	refused bool // what is asked for cannot be done
	turn    int  // counts checks, so that an old answer is not shown
	stop    func()
}

// maxNote is how many characters are shown: about six lines, so that Generate, which
// stands below, stays in the window whatever is noted.
const maxNote = 280

func newNote(s speech) *note {
	n := &note{speech: s, label: widget.NewLabel(""), icon: widget.NewIcon(fynetheme.InfoIcon()), back: widgets.NewSurface(theme.Tint, "")}
	n.label.Wrapping, n.label.SizeName = fyne.TextWrapWord, fynetheme.SizeNameCaptionText
	n.back.Corner = 8
	n.ExtendBaseWidget(n)
	n.Hide()
	return n
}

func (n *note) set(notes []string, err error) {
	n.refused = err != nil
	text := strings.Join(notes, " ")
	n.icon.SetResource(fynetheme.InfoIcon())
	n.label.Importance = widget.MediumImportance
	if err != nil {
		text = n.speech.sentence(err)
		n.icon.SetResource(fynetheme.NewErrorThemedResource(fynetheme.ErrorIcon()))
	}
	n.label.SetText(short(text, maxNote))
	if text == "" {
		n.Hide()
	} else {
		n.Show()
	}
	if n.relay != nil {
		n.relay()
	}
}

// CreateRenderer is for the toolkit.
func (n *note) CreateRenderer() fyne.WidgetRenderer {
	left := container.New(edges{8, 0, 0, 0}, n.icon)
	return widget.NewSimpleRenderer(container.NewStack(n.back, container.NewBorder(nil, nil, left, nil, n.label)))
}

// check asks the studio, a moment after the last change, what it thinks of the
// request. Nothing is foretold of one that was only restored: a forecast opens the
// device, and the window alone is no reason to.
func (c *compose) check() {
	n, restored := c.note, c.restored
	c.restored = false
	n.turn++
	if n.stop != nil {
		n.stop()
	}
	if c.blank() {
		n.set(nil, nil)
		c.outlook.set(c.w, nil)
		c.busy()
		return
	}
	turn := n.turn
	n.stop = c.w.later(250*time.Millisecond, func() {
		r, prompts := c.order().Request, c.prompts()
		c.w.background(func() func() {
			notes, err := c.w.advise(r, prompts)
			var outlook *studio.Forecast
			if err == nil && !restored {
				var f studio.Forecast
				if f, err = c.w.door.Forecast(context.Background(), r); err == nil {
					f.Time *= time.Duration(len(prompts))
					f.Disk *= int64(len(prompts))
					outlook = &f
				}
			}
			return func() {
				if turn == n.turn {
					n.set(notes, err)
					c.outlook.set(c.w, outlook)
					c.busy()
				}
			}
		})
	})
}

// advise asks the studio about each of the prompts. Of several, it says once what
// holds for all, and names the clip that another note is on: of two clips, and how
// many more there are.
func (w *Window) advise(r inference.Request, prompts []string) (notes []string, err error) {
	of, often := make([][]string, len(prompts)), map[string]int{}
	for i, p := range prompts {
		r.Prompt = p
		if _, of[i], err = w.door.Check(r); err != nil {
			if len(prompts) > 1 {
				err = errText(w.say("Clip %d: %s", i+1, w.sentence(err)))
			}
			return nil, err
		}
		for n, note := range of[i] {
			of[i][n] = w.told(note)
			often[of[i][n]]++
		}
	}
	clips := 0
	for i := range of {
		var own []string
		for _, note := range of[i] {
			switch {
			case often[note] < len(prompts):
				own = append(own, note)
			case i == 0:
				notes = append(notes, note)
			}
		}
		if len(own) == 0 {
			continue
		}
		if clips++; clips <= 2 {
			notes = append(notes, w.say("Clip %d: %s", i+1, strings.Join(own, " ")))
		}
	}
	if clips > 2 {
		notes = append(notes, w.say("There are notes on %d more clips.", clips-2))
	}
	return notes, nil
}
