package ui

import "fyne.io/fyne/v2"

// rightPane sets the queue above the history and gives it the height that it would
// like to have while the history keeps its least; where there is not even room for
// both one below the other, they stand side by side.
type rightPane struct {
	gap  float32
	like func() float32 // the height that the queue would like to have
}

// Layout is for the toolkit.
func (p *rightPane) Layout(o []fyne.CanvasObject, s fyne.Size) {
	queue, history := o[0], o[1]
	if !queue.Visible() {
		history.Move(fyne.Position{})
		history.Resize(s)
		return
	}
	queue.Move(fyne.Position{})
	room := s.Height - p.gap - history.MinSize().Height
	if room < queue.MinSize().Height {
		half := (s.Width - p.gap) / 2
		queue.Resize(fyne.NewSize(half, s.Height))
		history.Move(fyne.NewPos(half+p.gap, 0))
		history.Resize(fyne.NewSize(half, s.Height))
		return
	}
	height := min(p.like(), room)
	queue.Resize(fyne.NewSize(s.Width, height))
	history.Move(fyne.NewPos(0, height+p.gap))
	history.Resize(fyne.NewSize(s.Width, s.Height-height-p.gap))
}

// MinSize is for the toolkit.
func (p *rightPane) MinSize(o []fyne.CanvasObject) fyne.Size {
	m := o[1].MinSize()
	if o[0].Visible() {
		m = m.Max(o[0].MinSize())
	}
	return m
}
