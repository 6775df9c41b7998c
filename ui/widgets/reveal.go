package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Scroll scrolls up and down, and to what Tab gives the focus to.
type Scroll struct {
	container.Scroll
	at fyne.CanvasObject // what had the focus last, of what is inside
}

// NewScroll returns a scroll of content.
func NewScroll(content fyne.CanvasObject) *Scroll {
	s := &Scroll{}
	s.Content, s.Direction = content, container.ScrollVerticalOnly
	s.ExtendBaseWidget(s)
	return s
}

// parted is a widget with others inside.
type parted interface{ inside() fyne.CanvasObject }

func (n *Number) inside() fyne.CanvasObject  { return n.box }
func (s *Section) inside() fyne.CanvasObject { return s.box }

// reveal scrolls to o, which has got the focus. An object that had it before, and has it
// back from a menu or from another window, stays where it was scrolled to.
func reveal(o fyne.CanvasObject) {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil {
		return
	}
	var tops []fyne.CanvasObject
	if c.Content() != nil {
		tops = append(tops, c.Content())
	}
	for _, top := range append(tops, c.Overlays().List()...) {
		walk(top, nil, func(it fyne.CanvasObject, in *Scroll) {
			if s, ok := it.(*Scroll); ok && !holds(s, o) {
				s.at = nil
			}
			if it == o && in != nil && in.at != o {
				in.at = o
				in.show(o)
			}
		})
	}
}

func holds(s *Scroll, o fyne.CanvasObject) (yes bool) {
	walk(s.Content, s, func(it fyne.CanvasObject, _ *Scroll) { yes = yes || it == o })
	return yes
}

// walk visits o and all in it, each with the scroll that it is in.
func walk(o fyne.CanvasObject, in *Scroll, visit func(fyne.CanvasObject, *Scroll)) {
	visit(o, in)
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			walk(child, in, visit)
		}
	case *Scroll:
		walk(o.Content, o, visit)
	case *container.Scroll:
		walk(o.Content, in, visit)
	case *widget.PopUp:
		walk(o.Content, in, visit)
	case parted:
		walk(o.inside(), in, visit)
	}
}

// show scrolls as little as brings all of o into view, or its top where it is higher.
func (s *Scroll) show(o fyne.CanvasObject) {
	const air = 6
	d := fyne.CurrentApp().Driver()
	top := d.AbsolutePositionForObject(o).Y - d.AbsolutePositionForObject(s).Y
	offset := s.Offset
	if over := top + o.Size().Height + air - s.Size().Height; over > 0 {
		offset.Y += over
		top -= over
	}
	if top < air {
		offset.Y += top - air
	}
	if offset != s.Offset {
		s.ScrollToOffset(offset)
	}
}
