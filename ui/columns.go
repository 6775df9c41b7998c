package ui

import "fyne.io/fyne/v2"

// columns sets three panes side by side: the outer ones of a fixed width that
// gives way a little when the window is narrow, the middle one the rest.
type columns struct{ gap, left, right, minRight float32 }

// Layout is for the toolkit.
func (c *columns) Layout(o []fyne.CanvasObject, s fyne.Size) {
	right := max(min(c.right+(s.Width-1240)*.3, 460), c.minRight)
	if s.Width < 1240 {
		right = max(c.right-(1240-s.Width)*.4, c.minRight)
	}
	height := s.Height - c.gap
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
	h := max(o[0].MinSize().Height, o[1].MinSize().Height, o[2].MinSize().Height)
	return fyne.NewSize(c.left+340+c.minRight+4*c.gap, h+c.gap)
}
