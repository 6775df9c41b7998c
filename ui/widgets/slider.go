package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/ui/theme"
)

// Slider slides along whole steps. It is drawn in the accent, can be set in
// silence, and passes on the keys it has no use for.
type Slider struct {
	widget.DisableableWidget
	Min, Max, Step float64
	Value          float64
	OnChanged      func(float64)
	OnKey          func(*fyne.KeyEvent)
	OnArrow        func(sign float64) // in place of a step

	focused, hovered bool
}

// NewSlider returns a slider by whole numbers.
func NewSlider(low, high float64) *Slider {
	s := &Slider{Min: low, Max: high, Step: 1, Value: low}
	s.ExtendBaseWidget(s)
	return s
}

// Put moves the slider and tells nobody.
func (s *Slider) Put(v float64) {
	if s.Value != v {
		s.Value = v
		s.Refresh()
	}
}

// SetValue moves the slider as a person would.
func (s *Slider) SetValue(v float64) {
	v = min(max(v, s.Min), s.Max)
	if v == s.Value {
		return
	}
	s.Put(v)
	if s.OnChanged != nil {
		s.OnChanged(v)
	}
}

const (
	knob  = 15 // diameter
	track = 4  // thickness
)

func (s *Slider) share() float32 {
	if s.Max <= s.Min {
		return 0
	}
	return float32(min(max((s.Value-s.Min)/(s.Max-s.Min), 0), 1))
}

// at follows the pointer.
func (s *Slider) at(x float32) {
	if s.Disabled() {
		return
	}
	share := min(max(float64((x-knob/2)/(s.Size().Width-knob)), 0), 1)
	steps := float64(int(share*(s.Max-s.Min)/s.Step + .5))
	s.SetValue(s.Min + steps*s.Step)
}

// Tapped is for the toolkit.
func (s *Slider) Tapped(e *fyne.PointEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(s); c != nil && !s.Disabled() {
		c.Focus(s)
	}
	s.at(e.Position.X)
}

// Dragged is for the toolkit.
func (s *Slider) Dragged(e *fyne.DragEvent) { s.at(e.Position.X) }

// DragEnd is for the toolkit.
func (s *Slider) DragEnd() {}

// MouseIn is for the toolkit.
func (s *Slider) MouseIn(*desktop.MouseEvent) { s.hovered = true; s.Refresh() }

// MouseMoved is for the toolkit.
func (s *Slider) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is for the toolkit.
func (s *Slider) MouseOut() { s.hovered = false; s.Refresh() }

// FocusGained is for the toolkit.
func (s *Slider) FocusGained() { s.focused = true; s.Refresh(); reveal(s) }

// FocusLost is for the toolkit.
func (s *Slider) FocusLost() { s.focused = false; s.Refresh() }

// TypedRune is for the toolkit.
func (s *Slider) TypedRune(rune) {}

// TypedKey is for the toolkit.
func (s *Slider) TypedKey(k *fyne.KeyEvent) {
	sign := map[fyne.KeyName]float64{fyne.KeyLeft: -1, fyne.KeyDown: -1, fyne.KeyRight: 1, fyne.KeyUp: 1}[k.Name]
	switch {
	case sign != 0 && s.Disabled():
	case sign != 0 && s.OnArrow != nil:
		s.OnArrow(sign)
	case sign != 0:
		s.SetValue(s.Value + sign*s.Step)
	case s.OnKey != nil:
		s.OnKey(k)
	case k.Name == fyne.KeyEscape:
		pass(s, k)
	}
}

// CreateRenderer is for the toolkit.
func (s *Slider) CreateRenderer() fyne.WidgetRenderer {
	r := &sliderRenderer{s: s, rail: &canvas.Rectangle{CornerRadius: track / 2}, done: &canvas.Rectangle{CornerRadius: track / 2},
		halo: &canvas.Circle{}, knob: &canvas.Circle{}}
	r.style()
	return r
}

type sliderRenderer struct {
	s          *Slider
	rail, done *canvas.Rectangle
	halo, knob *canvas.Circle
}

func (r *sliderRenderer) style() {
	th, v := r.s.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	accent := th.Color(fynetheme.ColorNamePrimary, v)
	if r.s.Disabled() {
		accent = th.Color(fynetheme.ColorNameDisabled, v)
	}
	r.rail.FillColor = th.Color(theme.Border, v)
	r.done.FillColor, r.knob.FillColor = accent, accent
	r.knob.StrokeColor, r.knob.StrokeWidth = th.Color(theme.Surface, v), 2
	r.halo.FillColor = nil
	switch {
	case r.s.Disabled():
	case r.s.focused:
		r.halo.FillColor = th.Color(fynetheme.ColorNameFocus, v)
	case r.s.hovered:
		r.halo.FillColor = th.Color(fynetheme.ColorNameHover, v)
	}
}

func (r *sliderRenderer) Layout(s fyne.Size) {
	mid, x := s.Height/2, r.s.share()*(s.Width-knob)
	r.rail.Move(fyne.NewPos(knob/2, mid-track/2))
	r.rail.Resize(fyne.NewSize(max(s.Width-knob, 0), track))
	r.done.Move(fyne.NewPos(knob/2, mid-track/2))
	r.done.Resize(fyne.NewSize(x, track))
	r.knob.Move(fyne.NewPos(x, mid-knob/2))
	r.knob.Resize(fyne.NewSquareSize(knob))
	r.halo.Move(fyne.NewPos(x-5, mid-knob/2-5))
	r.halo.Resize(fyne.NewSquareSize(knob + 10))
}

func (r *sliderRenderer) MinSize() fyne.Size { return fyne.NewSize(48, 26) }

func (r *sliderRenderer) Refresh() {
	r.style()
	r.Layout(r.s.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *sliderRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.rail, r.done, r.halo, r.knob}
}

func (r *sliderRenderer) Destroy() {}
