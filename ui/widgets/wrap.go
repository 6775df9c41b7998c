package widgets

import "fyne.io/fyne/v2"

// Wrap sets objects in lines, as words are set. Its height follows from the width
// it was last given, so it lays itself out anew when that changes.
type Wrap struct {
	Gap   float32
	width float32
}

// Layout is for the toolkit.
func (w *Wrap) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w.width = s.Width
	w.walk(o, func(c fyne.CanvasObject, at fyne.Position, size fyne.Size) {
		c.Move(at)
		c.Resize(size)
	})
}

// MinSize is for the toolkit.
func (w *Wrap) MinSize(o []fyne.CanvasObject) fyne.Size {
	var min fyne.Size
	w.walk(o, func(c fyne.CanvasObject, at fyne.Position, size fyne.Size) {
		min = min.Max(fyne.NewSize(0, at.Y+size.Height))
	})
	return min
}

func (w *Wrap) walk(o []fyne.CanvasObject, place func(fyne.CanvasObject, fyne.Position, fyne.Size)) {
	room := w.width
	if room <= 0 {
		room = 280
	}
	var x, y, line float32
	for _, c := range o {
		if !c.Visible() {
			continue
		}
		m := c.MinSize()
		m.Width = min(m.Width, room)
		if x > 0 && x+m.Width > room {
			x, y, line = 0, y+line+w.Gap, 0
		}
		place(c, fyne.NewPos(x, y), m)
		x, line = x+m.Width+w.Gap, max(line, m.Height)
	}
}
