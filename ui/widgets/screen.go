package widgets

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/ui/theme"
)

// Footage is moving pictures: RGB frames of one size.
type Footage struct {
	Width, Height, FPS int
	Frames             [][]byte // each 3·Width·Height
}

// Whole reports whether the footage can be shown.
func (f *Footage) Whole() bool {
	if f == nil || f.Width <= 0 || f.Height <= 0 || len(f.Frames) == 0 {
		return false
	}
	for _, b := range f.Frames {
		if len(b) != 3*f.Width*f.Height {
			return false
		}
	}
	return true
}

// Screen shows one frame of footage. It keeps one picture and repaints it, so a
// playing clip makes no garbage, and the graphics card does the scaling.
type Screen struct {
	widget.BaseWidget
	OnTapped  func()
	OnKey     func(*fyne.KeyEvent)
	actual    bool
	focused   bool
	footage   *Footage
	shown     int
	picture   *image.RGBA
	raster    *canvas.Raster
	backdrop  *Surface
	ring      *Surface
	Empty     fyne.CanvasObject // shown while there is no footage
	repainted int               // frames painted, for tests
}

// NewScreen returns a dark screen.
func NewScreen() *Screen {
	s := &Screen{shown: -1, backdrop: NewSurface(theme.Sunken, ""), ring: NewSurface("", "")}
	s.raster = canvas.NewRaster(func(w, h int) image.Image {
		if s.picture == nil {
			return image.NewRGBA(image.Rect(0, 0, 1, 1))
		}
		return s.picture
	})
	s.ExtendBaseWidget(s)
	return s
}

// Load takes new footage and paints its frame i.
func (s *Screen) Load(f *Footage, i int) {
	if !f.Whole() {
		f = nil
	}
	resized := f == nil || s.footage == nil || f.Width != s.footage.Width || f.Height != s.footage.Height
	s.footage, s.shown = f, -1
	if resized {
		s.picture = nil
		if f != nil {
			s.picture = image.NewRGBA(image.Rect(0, 0, f.Width, f.Height))
		}
	}
	s.Frame(i)
	if resized {
		s.Refresh()
	}
}

// Frame paints frame i, the last one for larger i.
func (s *Screen) Frame(i int) {
	if s.footage == nil {
		return
	}
	i = max(min(i, len(s.footage.Frames)-1), 0)
	if i == s.shown {
		return
	}
	s.shown = i
	s.repainted++
	dst, src := s.picture.Pix, s.footage.Frames[i]
	for p, q := 0, 0; q+3 <= len(src); p, q = p+4, q+3 {
		dst[p], dst[p+1], dst[p+2], dst[p+3] = src[q], src[q+1], src[q+2], 255
	}
	s.raster.Refresh()
}

// Shown is the frame on the screen, −1 for none.
func (s *Screen) Shown() int { return s.shown }

// Picture is what the screen shows, nil for nothing.
func (s *Screen) Picture() image.Image {
	if s.picture == nil {
		return nil
	}
	return s.picture
}

// SetActual shows a pixel as a pixel, or as large as the room allows.
func (s *Screen) SetActual(on bool) {
	s.actual = on
	s.Refresh()
}

// Tapped is for the toolkit.
func (s *Screen) Tapped(*fyne.PointEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(s); c != nil && s.OnKey != nil {
		c.Focus(s)
	}
	if s.OnTapped != nil {
		s.OnTapped()
	}
}

// FocusGained is for the toolkit.
func (s *Screen) FocusGained() { s.focus(true) }

// FocusLost is for the toolkit.
func (s *Screen) FocusLost() { s.focus(false) }

func (s *Screen) focus(on bool) {
	s.focused = on
	stroke := fyne.ThemeColorName("")
	if on {
		stroke = fynetheme.ColorNamePrimary
	}
	s.ring.Paint("", stroke)
}

// TypedKey is for the toolkit.
func (s *Screen) TypedKey(k *fyne.KeyEvent) {
	if s.OnKey != nil {
		s.OnKey(k)
	}
}

// TypedRune is for the toolkit.
func (s *Screen) TypedRune(rune) {}

// Cursor is for the toolkit.
func (s *Screen) Cursor() desktop.Cursor { return desktop.DefaultCursor }

// CreateRenderer is for the toolkit.
func (s *Screen) CreateRenderer() fyne.WidgetRenderer { return &screenRenderer{s} }

type screenRenderer struct{ s *Screen }

func (r *screenRenderer) Layout(size fyne.Size) {
	s := r.s
	s.backdrop.Resize(size)
	s.ring.Resize(size)
	if s.Empty != nil {
		s.Empty.Resize(size)
	}
	if s.picture == nil {
		return
	}
	w, h := float32(s.footage.Width), float32(s.footage.Height)
	const margin = 10
	k := min((size.Width-2*margin)/w, (size.Height-2*margin)/h)
	if s.actual {
		scale := float32(1)
		if c := fyne.CurrentApp().Driver().CanvasForObject(s); c != nil {
			scale = c.Scale()
		}
		k = min(k, 1/scale)
	}
	k = max(k, 0)
	s.raster.Resize(fyne.NewSize(w*k, h*k))
	s.raster.Move(fyne.NewPos((size.Width-w*k)/2, (size.Height-h*k)/2))
}

func (r *screenRenderer) MinSize() fyne.Size { return fyne.NewSize(64, 48) }

func (r *screenRenderer) Refresh() {
	r.Layout(r.s.Size())
	r.s.backdrop.Refresh()
	r.s.raster.Refresh()
	canvas.Refresh(r.s)
}

func (r *screenRenderer) Objects() []fyne.CanvasObject {
	s := r.s
	o := []fyne.CanvasObject{s.backdrop}
	if s.picture != nil {
		o = append(o, s.raster)
	} else if s.Empty != nil {
		o = append(o, s.Empty)
	}
	return append(o, s.ring)
}

func (r *screenRenderer) Destroy() {}
