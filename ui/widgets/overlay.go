package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/ui/theme"
)

// After calls f once, on the goroutine that draws, unless stopped before.
type After func(wait time.Duration, f func()) (stop func())

// Overlay floats above the window: words of help, and short messages that offer
// to take something back.
type Overlay struct {
	widget.BaseWidget
	after After

	help     *Text
	helpBox  *fyne.Container
	helpStop func()
	helpAt   fyne.CanvasObject

	toast     *fyne.Container
	message   *Text
	action    *Button
	toastStop func()
}

// NewOverlay returns an overlay that shows nothing.
func NewOverlay(after After) *Overlay {
	o := &Overlay{after: after, help: NewText("", fynetheme.SizeNameCaptionText, fynetheme.ColorNameBackground)}
	o.help.Whole = true
	back := NewSurface(fynetheme.ColorNameForeground, "")
	back.Corner = 6
	o.helpBox = container.NewStack(back, container.New(margin{8, 4}, o.help))
	o.helpBox.Hide()
	o.message = NewText("", fynetheme.SizeNameText, "")
	o.message.Whole = true
	o.action = NewButton("", nil, nil)
	o.action.Importance = widget.LowImportance
	card := NewSurface(fynetheme.ColorNameOverlayBackground, theme.Border)
	o.toast = container.NewStack(card, Inset(Fill(10, nil, o.message, o.action), 8))
	o.toast.Hide()
	o.ExtendBaseWidget(o)
	return o
}

// Hint is for Hinter. Help comes after a moment's rest.
func (o *Overlay) Hint(at fyne.CanvasObject, text string) {
	if o.helpStop != nil {
		o.helpStop()
		o.helpStop = nil
	}
	if text == "" {
		if o.helpAt == at {
			o.helpBox.Hide()
		}
		return
	}
	o.helpAt = at
	o.helpBox.Hide()
	o.helpStop = o.after(600*time.Millisecond, func() {
		o.help.SetText(text)
		d := fyne.CurrentApp().Driver()
		p := d.AbsolutePositionForObject(at).Subtract(d.AbsolutePositionForObject(o))
		size, room := o.helpBox.MinSize(), o.Size()
		p.X = max(min(p.X+(at.Size().Width-size.Width)/2, room.Width-size.Width-4), 4)
		p.Y += at.Size().Height + 4
		if p.Y+size.Height > room.Height {
			p.Y -= at.Size().Height + size.Height + 8
		}
		o.helpBox.Resize(size)
		o.helpBox.Move(p)
		o.helpBox.Show()
	})
}

// Toast says something for a few seconds; action, when not empty, is what can
// still be done about it.
func (o *Overlay) Toast(text, action string, do func()) {
	if o.toastStop != nil {
		o.toastStop()
	}
	o.message.SetText(text)
	o.action.SetText(action)
	o.action.OnTapped = func() {
		o.Dismiss()
		do()
	}
	wait := 4 * time.Second
	if action == "" {
		o.action.Hide()
	} else {
		o.action.Show()
		wait = 8 * time.Second
	}
	o.toast.Show()
	o.Refresh()
	o.toastStop = o.after(wait, o.Dismiss)
}

// Dismiss takes the message away.
func (o *Overlay) Dismiss() { o.toast.Hide() }

// Message is what the overlay says just now, and Action the button beside it.
func (o *Overlay) Message() string {
	if !o.toast.Visible() {
		return ""
	}
	return o.message.Content
}

// Action is the button beside the message.
func (o *Overlay) Action() *Button { return o.action }

// CreateRenderer is for the toolkit.
func (o *Overlay) CreateRenderer() fyne.WidgetRenderer { return &overlayRenderer{o} }

type overlayRenderer struct{ o *Overlay }

func (r *overlayRenderer) Layout(s fyne.Size) {
	m := r.o.toast.MinSize()
	m.Width = min(m.Width, s.Width-24)
	r.o.toast.Resize(m)
	r.o.toast.Move(fyne.NewPos((s.Width-m.Width)/2, s.Height-m.Height-20))
}
func (r *overlayRenderer) MinSize() fyne.Size { return fyne.Size{} }
func (r *overlayRenderer) Refresh() {
	r.Layout(r.o.Size())
	r.o.toast.Refresh()
}
func (r *overlayRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.o.toast, r.o.helpBox}
}
func (r *overlayRenderer) Destroy() {}
