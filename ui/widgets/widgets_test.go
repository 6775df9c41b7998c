package widgets

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"kinora/ui/theme"
)

func dress(t *testing.T) {
	a := test.NewApp()
	t.Cleanup(a.Quit)
	a.Settings().SetTheme(theme.Kinora{Mode: theme.Light})
}

func show(o fyne.CanvasObject, w, h float32) fyne.Window {
	win := test.NewWindow(o)
	win.Resize(fyne.NewSize(w, h))
	return win
}

func TestTextEndsInAnEllipsis(t *testing.T) {
	dress(t)
	x := NewText("a very long sentence that cannot fit in here", "", "")
	w := show(x, 120, 40)
	line := test.WidgetRenderer(x).Objects()[0].(*canvas.Text)
	if !strings.HasSuffix(line.Text, "…") || !strings.HasPrefix(line.Text, "a very") {
		t.Errorf("shows %q", line.Text)
	}
	w.Resize(fyne.NewSize(600, 40))
	if line.Text != x.Content {
		t.Errorf("with room shows %q", line.Text)
	}
	x.SetText("一只柴犬穿着宇航服在火星种土豆一只柴犬穿着宇航服在火星种土豆一只柴犬穿着宇航服在火星种土豆一只柴犬穿着宇航服")
	if !strings.HasSuffix(line.Text, "…") {
		t.Errorf("Chinese shows %q", line.Text)
	}
}

func TestNumberAgreesWithItself(t *testing.T) {
	dress(t)
	n := NewNumber("Frames", 1, 81, 401, 1, nil)
	n.SetCoarse(4)
	show(n, 300, 40)
	var told []float64
	n.OnChanged = func(v float64) { told = append(told, v) }
	for _, c := range []struct {
		do    func()
		value float64
		text  string
	}{
		{func() { n.Slider().SetValue(16) }, 17, "17"},
		{func() { n.Slider().TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight}) }, 21, "21"},
		{func() { n.Entry().SetText("30"); n.Entry().OnSubmitted("30") }, 30, "30"},
		{func() { n.Entry().SetText("9000"); n.Entry().FocusLost() }, 401, "401"},
		{func() { n.Entry().SetText("many"); n.Entry().FocusLost() }, 401, "401"},
		{func() { n.Entry().SetText("-5"); n.Entry().FocusLost() }, 1, "1"},
		{func() { n.Entry().SetText("NaN"); n.Entry().FocusLost() }, 1, "1"},
	} {
		c.do()
		if n.Value() != c.value || n.Entry().Text != c.text {
			t.Errorf("value %v, entry %q; want %v, %q", n.Value(), n.Entry().Text, c.value, c.text)
		}
	}
	if len(told) != 5 {
		t.Errorf("told %v", told)
	}
	n.Entry().SetText("57") // not yet entered, but what a person sees
	if n.Value() != 57 {
		t.Errorf("typed 57, value %v", n.Value())
	}
}

func TestSliderByPointer(t *testing.T) {
	dress(t)
	s := NewSlider(0, 10)
	show(s, 215, 40)
	s.Resize(fyne.NewSize(215, 30))
	test.TapAt(s, fyne.NewPos(knob/2+100, 10))
	if s.Value != 5 {
		t.Errorf("tapped in the middle: %v", s.Value)
	}
	s.Disable()
	test.TapAt(s, fyne.NewPos(200, 10))
	if s.Value != 5 {
		t.Error("a disabled slider moved")
	}
}

func TestSectionOpens(t *testing.T) {
	dress(t)
	inside := canvas.NewText("inside", nil)
	s := NewSection("More", inside)
	show(s, 200, 200)
	closed := s.MinSize().Height
	s.Open(true)
	if !inside.Visible() || s.MinSize().Height <= closed {
		t.Error("the section did not open")
	}
}

func TestWrapBreaksLines(t *testing.T) {
	dress(t)
	var o []fyne.CanvasObject
	for range 6 {
		r := canvas.NewRectangle(nil)
		r.SetMinSize(fyne.NewSize(50, 10))
		o = append(o, r)
	}
	w := &Wrap{Gap: 5}
	w.Layout(o, fyne.NewSize(170, 100))
	if h := w.MinSize(o).Height; h != 25 {
		t.Errorf("six boxes of 50 in 170: height %v, want two lines of 10 with a gap of 5", h)
	}
	if o[3].Position() != fyne.NewPos(0, 15) {
		t.Errorf("the fourth stands at %v", o[3].Position())
	}
}

func TestOverlayToastAndUndo(t *testing.T) {
	dress(t)
	var wait time.Duration
	var fire func()
	o := NewOverlay(func(d time.Duration, f func()) func() { wait, fire = d, f; return func() {} })
	show(o, 600, 400)
	undone := false
	o.Toast("Clip deleted", "Undo", func() { undone = true })
	if o.Message() != "Clip deleted" || wait < 5*time.Second {
		t.Errorf("says %q for %v", o.Message(), wait)
	}
	test.Tap(o.Action())
	if !undone || o.Message() != "" {
		t.Error("Undo was tapped in vain")
	}
	o.Toast("Saved", "", nil)
	fire()
	if o.Message() != "" {
		t.Error("the message stays for ever")
	}
}

func TestCardAndRowLookAsKept(t *testing.T) {
	dress(t)
	size := fyne.NewSize(140, 150)
	c := NewCard(&size)
	c.Set(nil, fynetheme.MediaVideoIcon(), "a red square moves to the right", "just now")
	test.AssertRendersToMarkup(t, "card.xml", show(c, 140, 150).Canvas())
	r := NewJobRow(nil, "Try again", "Cancel")
	r.Set("a dog", "Denoising  3 of 8  ·  12s left", .4, "")
	test.AssertRendersToMarkup(t, "jobrow.xml", show(r, 280, 70).Canvas())
}
