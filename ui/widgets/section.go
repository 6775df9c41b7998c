package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/ui/theme"
)

// Section is a heading that opens and closes what is under it.
type Section struct {
	widget.BaseWidget
	OnToggle func(open bool)

	title   *Text
	arrow   *widget.Icon
	content fyne.CanvasObject
	box     *fyne.Container
	ring    *Surface
}

// NewSection returns a closed section.
func NewSection(title string, content fyne.CanvasObject) *Section {
	s := &Section{title: NewTitle(title), arrow: widget.NewIcon(theme.Right.Resource()), content: content, ring: NewSurface("", "")}
	s.ring.Corner = 6
	content.Hide()
	head := newTouch(container.NewStack(s.ring, Inset(Fill(8, Row(4, s.arrow, s.title), Caption(""), nil), 2)), func() { s.Open(!s.IsOpen()) })
	head.focus = func(on bool) {
		if on {
			s.ring.Paint("", fynetheme.ColorNamePrimary)
		} else {
			s.ring.Paint("", "")
		}
	}
	s.box = Column(8, head, content)
	s.title.Whole = true
	s.ExtendBaseWidget(s)
	return s
}

// IsOpen reports whether the content is shown.
func (s *Section) IsOpen() bool { return s.content.Visible() }

// Open shows or hides the content.
func (s *Section) Open(open bool) {
	if open == s.IsOpen() {
		return
	}
	if open {
		s.content.Show()
		s.arrow.SetResource(theme.Down.Resource())
	} else {
		s.content.Hide()
		s.arrow.SetResource(theme.Right.Resource())
	}
	s.Refresh()
	if s.OnToggle != nil {
		s.OnToggle(open)
	}
}

// CreateRenderer is for the toolkit.
func (s *Section) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(s.box) }

// touch makes anything tappable, by pointer and by keys.
type touch struct {
	widget.BaseWidget
	content fyne.CanvasObject
	tapped  func()
	focus   func(bool)
}

func newTouch(content fyne.CanvasObject, tapped func()) *touch {
	t := &touch{content: content, tapped: tapped}
	t.ExtendBaseWidget(t)
	return t
}

func (t *touch) Tapped(*fyne.PointEvent) { t.tapped() }
func (t *touch) TypedRune(rune)          {}
func (t *touch) FocusGained()            { t.focus(true); reveal(t) }
func (t *touch) FocusLost()              { t.focus(false) }
func (t *touch) Cursor() desktop.Cursor  { return desktop.PointerCursor }

func (t *touch) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		t.tapped()
	default:
		pass(t, k)
	}
}

func (t *touch) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(t.content) }
