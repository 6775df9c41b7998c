package widgets

import (
	"math"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/ui/theme"
)

// Number is a named number with a slider and an entry that agree.
type Number struct {
	widget.BaseWidget
	OnChanged func(float64)

	name   *Text
	slider *Slider
	entry  *Entry
	box    *fyne.Container
	value  float64
	grid   float64 // values are multiples of it, counted from Min
	coarse float64 // the slider's own, coarser grid
	limit  float64 // what the entry takes beyond the slider's end
}

// NewNumber returns a number between low and high in steps of grid. The entry
// takes values up to limit, further than the slider reaches.
func NewNumber(name string, low, high, limit, grid float64, onKey func(*fyne.KeyEvent) bool) *Number {
	n := &Number{name: NewText(name, fynetheme.SizeNameText, ""), slider: NewSlider(low, high), entry: NewEntry(), grid: grid, limit: max(limit, high)}
	n.coarse = grid
	n.slider.OnChanged = func(v float64) { n.take(n.slider.Min+math.Round((v-n.slider.Min)/n.coarse)*n.coarse, true) }
	n.slider.OnArrow = func(sign float64) { n.take(min(n.value+sign*n.coarse, n.slider.Max), true) }
	if onKey != nil {
		n.slider.OnKey = func(k *fyne.KeyEvent) { onKey(k) }
	}
	n.entry.OnSubmitted = func(string) { n.read() }
	n.entry.OnBlur = n.read
	n.entry.OnKey = onKey
	n.value = low
	n.box = Fill(8, Wide(n.name, nameWidth), n.slider, Wide(n.entry, 58))
	n.show()
	n.ExtendBaseWidget(n)
	return n
}

func (n *Number) read() {
	v, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(n.entry.Text), ",", ".", 1), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		n.show() // what was there stays
		return
	}
	n.take(v, true)
}

func (n *Number) take(v float64, tell bool) {
	low := n.slider.Min
	v = low + math.Round((v-low)/n.grid)*n.grid
	v = math.Round(min(max(v, low), n.limit)*1e6) / 1e6
	changed := v != n.value
	n.value = v
	n.show()
	if changed && tell && n.OnChanged != nil {
		n.OnChanged(v)
	}
}

func (n *Number) show() {
	n.slider.Put(min(n.value, n.slider.Max))
	if s := strconv.FormatFloat(n.value, 'f', -1, 64); s != n.entry.Text {
		n.entry.SetText(s)
	}
}

// Value is the number.
func (n *Number) Value() float64 { n.readSilently(); return n.value }

// readSilently takes what is typed but not yet entered.
func (n *Number) readSilently() {
	if v, err := strconv.ParseFloat(strings.TrimSpace(n.entry.Text), 64); err == nil && v != n.value && !math.IsNaN(v) {
		n.take(v, false)
	}
}

// SetValue sets the number in silence.
func (n *Number) SetValue(v float64) { n.take(v, false) }

// SetCoarse has the slider stop at multiples of step only, counted from its low end.
func (n *Number) SetCoarse(step float64) { n.coarse = step }

// Slider and Entry are the parts, for tests and for the order of focus.
func (n *Number) Slider() *Slider { return n.slider }

// Entry is where the number is typed.
func (n *Number) Entry() *Entry { return n.entry }

// CreateRenderer is for the toolkit.
func (n *Number) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(n.box)
}

// nameWidth holds the longest name beside a control, Guided part.
const nameWidth = 84

// Named puts a name in front of a control, in line with the numbers.
func Named(name string, o fyne.CanvasObject) *fyne.Container {
	t := NewText(name, fynetheme.SizeNameText, "")
	return Fill(8, Wide(t, nameWidth), o, nil)
}

// Caption is small quiet text.
func Caption(s string) *Text { return NewText(s, fynetheme.SizeNameCaptionText, theme.Muted) }
