package ui

import "fyne.io/fyne/v2"

// columns sets three panes side by side: the outer ones of a fixed width that
// gives way a little when the window is narrow, the middle one the rest. Where they
// do not fit side by side, the right one goes below the middle one.
type columns struct{ gap, left, right, minMiddle, minRight float32 }

// middle is the least width of the middle pane.
func (c *columns) middle(o []fyne.CanvasObject) float32 {
	return max(c.minMiddle, o[1].MinSize().Width)
}

// Layout is for the toolkit.
func (c *columns) Layout(o []fyne.CanvasObject, s fyne.Size) {
	height := s.Height - c.gap
	room := s.Width - c.left - 4*c.gap - c.middle(o)
	if room < c.minRight {
		below := max(o[2].MinSize().Height, .38*height)
		width := s.Width - c.left - 3*c.gap
		o[0].Move(fyne.NewPos(c.gap, 0))
		o[0].Resize(fyne.NewSize(c.left, height))
		o[1].Move(fyne.NewPos(c.left+2*c.gap, 0))
		o[1].Resize(fyne.NewSize(width, height-below-c.gap))
		o[2].Move(fyne.NewPos(c.left+2*c.gap, height-below))
		o[2].Resize(fyne.NewSize(width, below))
		return
	}
	right := max(min(c.right+(s.Width-1240)*.3, 460), c.minRight)
	if s.Width < 1240 {
		right = max(c.right-(1240-s.Width)*.4, c.minRight)
	}
	right = min(right, room)
	middle := s.Width - c.left - right - 4*c.gap
	x := c.gap
	for i, width := range []float32{c.left, middle, right} {
		o[i].Move(fyne.NewPos(x, 0))
		o[i].Resize(fyne.NewSize(width, height))
		x += width + c.gap
	}
}

// MinSize is for the toolkit.
func (c *columns) MinSize(o []fyne.CanvasObject) fyne.Size {
	h := max(o[0].MinSize().Height, o[1].MinSize().Height+c.gap+o[2].MinSize().Height)
	return fyne.NewSize(c.left+c.middle(o)+3*c.gap, h+c.gap)
}
