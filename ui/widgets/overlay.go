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
	message   *widget.Label
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
	o.message = widget.NewLabel("")
	o.action = NewButton("", nil, nil)
	o.action.Importance = widget.LowImportance
	card := NewSurface(fynetheme.ColorNameOverlayBackground, theme.Border)
	o.toast = container.NewStack(card, container.New(margin{4, 2}, Fill(4, nil, o.message, o.action)))
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
		o.helpStop = o.after(6*time.Second, o.helpBox.Hide) // a pointer may leave the window unseen
	})
}

// Toast says something for a few seconds; action, when not empty, is what can
// still be done about it.
func (o *Overlay) Toast(text, action string, do func()) {
	wait := 4 * time.Second
	if action != "" {
		wait = 8 * time.Second
	}
	o.tell(text, action, do, wait)
}

// Offer says something to people who may be elsewhere just now: it stays for a while.
func (o *Overlay) Offer(text, action string, do func()) { o.tell(text, action, do, 2*time.Minute) }

func (o *Overlay) tell(text, action string, do func(), wait time.Duration) {
	if o.toastStop != nil {
		o.toastStop()
	}
	o.message.SetText(text)
	o.action.SetText(action)
	o.action.OnTapped = func() {
		o.Dismiss()
		do()
	}
	if action == "" {
		o.action.Hide()
	} else {
		o.action.Show()
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
	return o.message.Text
}

// Action is the button beside the message.
func (o *Overlay) Action() *Button { return o.action }

// Toasted is the box of the message.
func (o *Overlay) Toasted() fyne.CanvasObject { return o.toast }

func (o *Overlay) wrap(how fyne.TextWrap) {
	if o.message.Wrapping != how {
		o.message.Wrapping = how
		o.message.Refresh()
	}
}

// CreateRenderer is for the toolkit.
func (o *Overlay) CreateRenderer() fyne.WidgetRenderer { return &overlayRenderer{o: o} }

type overlayRenderer struct {
	o    *Overlay
	size fyne.Size
}

// beside is what a message leaves free at its left and right: the window's head has
// its buttons there.
const beside = 110

// Layout sets the message at the top, where nothing is to be pressed.
func (r *overlayRenderer) Layout(s fyne.Size) {
	o := r.o
	if s != r.size { // the window was resized: help is not beside its object any more
		r.size = s
		o.Hint(o.helpAt, "")
	}
	o.wrap(fyne.TextWrapOff)
	m := o.toast.MinSize()
	if room := max(s.Width-2*beside, 0); m.Width > room {
		o.wrap(fyne.TextWrapWord)
		o.toast.Resize(fyne.NewSize(room, m.Height)) // how high it is, its width tells
		m = fyne.NewSize(room, o.toast.MinSize().Height)
	}
	o.toast.Resize(m)
	o.toast.Move(fyne.NewPos((s.Width-m.Width)/2, 4))
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
