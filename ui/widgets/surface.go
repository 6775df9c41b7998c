package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"kinora/ui/theme"
)

// Surface is a rounded rectangle that follows the theme.
type Surface struct {
	widget.BaseWidget
	Fill, Stroke fyne.ThemeColorName // empty: none
	Corner       float32             // negative: the theme's radius
	Line         float32             // width of the stroke; 0: 1
}

// NewSurface returns a surface with the theme's radius.
func NewSurface(fill, stroke fyne.ThemeColorName) *Surface {
	s := &Surface{Fill: fill, Stroke: stroke, Corner: -1}
	s.ExtendBaseWidget(s)
	return s
}

// Paint changes the colours.
func (s *Surface) Paint(fill, stroke fyne.ThemeColorName) {
	if s.Fill != fill || s.Stroke != stroke {
		s.Fill, s.Stroke = fill, stroke
		s.Refresh()
	}
}

// CreateRenderer is for the toolkit.
func (s *Surface) CreateRenderer() fyne.WidgetRenderer {
	r := &surfaceRenderer{s: s, rect: &canvas.Rectangle{}}
	r.style()
	return r
}

type surfaceRenderer struct {
	s    *Surface
	rect *canvas.Rectangle
}

func (r *surfaceRenderer) style() {
	th, v := r.s.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.rect.FillColor, r.rect.StrokeColor, r.rect.StrokeWidth = nil, nil, 0
	if r.s.Fill != "" {
		r.rect.FillColor = th.Color(r.s.Fill, v)
	}
	if r.s.Stroke != "" {
		r.rect.StrokeColor, r.rect.StrokeWidth = th.Color(r.s.Stroke, v), max(r.s.Line, 1)
	}
	r.rect.CornerRadius = r.s.Corner
	if r.s.Corner < 0 {
		r.rect.CornerRadius = th.Size(theme.Radius)
	}
}

func (r *surfaceRenderer) Refresh() {
	r.style()
	r.rect.Refresh()
}

func (r *surfaceRenderer) Layout(s fyne.Size)           { r.rect.Resize(s) }
func (r *surfaceRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (r *surfaceRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.rect} }
func (r *surfaceRenderer) Destroy()                     {}

// Inset keeps a margin of pad around an object.
func Inset(o fyne.CanvasObject, pad float32) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(pad, pad, pad, pad), o)
}

// Column stacks objects with a gap between them.
func Column(gap float32, o ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(gap), o...)
}

// Row sets objects side by side with a gap between them.
func Row(gap float32, o ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedHBoxLayout(gap), o...)
}

// Fill puts the middle between what stands left and right, with a gap; either
// may be nil. All are centred in height.
func Fill(gap float32, left, middle, right fyne.CanvasObject) *fyne.Container {
	return container.New(fill{gap}, slot(left), middle, slot(right))
}

func slot(o fyne.CanvasObject) fyne.CanvasObject {
	if o == nil {
		return &fyne.Container{Hidden: true}
	}
	return o
}

type fill struct{ gap float32 }

func (f fill) widths(o []fyne.CanvasObject) (l, r float32) {
	if w := o[0].MinSize().Width; w > 0 && o[0].Visible() {
		l = w + f.gap
	}
	if w := o[2].MinSize().Width; w > 0 && o[2].Visible() {
		r = w + f.gap
	}
	return l, r
}

// Layout is for the toolkit.
func (f fill) Layout(o []fyne.CanvasObject, s fyne.Size) {
	l, r := f.widths(o)
	x := []float32{0, l, s.Width - r + f.gap}
	w := []float32{max(l-f.gap, 0), max(s.Width-l-r, 0), max(r-f.gap, 0)}
	for i, c := range o {
		h := c.MinSize().Height
		c.Resize(fyne.NewSize(w[i], h))
		c.Move(fyne.NewPos(x[i], (s.Height-h)/2))
	}
}

// MinSize is for the toolkit.
func (f fill) MinSize(o []fyne.CanvasObject) fyne.Size {
	l, r := f.widths(o)
	m := o[1].MinSize()
	return fyne.NewSize(l+m.Width+r, max(m.Height, o[0].MinSize().Height, o[2].MinSize().Height))
}

// Wide asks for at least the given width.
func Wide(o fyne.CanvasObject, width float32) *fyne.Container {
	return container.New(floor{fyne.NewSize(width, 0)}, o)
}

type floor struct{ size fyne.Size }

// Layout is for the toolkit.
func (f floor) Layout(o []fyne.CanvasObject, s fyne.Size) { o[0].Resize(s); o[0].Move(fyne.Position{}) }

// MinSize is for the toolkit.
func (f floor) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize().Max(f.size) }
