package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/ui/theme"
)

// JobRow is one piece of work: its name, where it stands, a bar, and up to two
// things to do about it.
type JobRow struct {
	widget.BaseWidget
	OnTapped func()

	title  *Text
	status *Text
	bar    *Bar
	Retry  *Button
	Drop   *Button
	frame  *Surface
	row    *touch
	detail *widget.Label
}

// NewJobRow returns a row.
func NewJobRow(hints Hinter, retry, drop string) *JobRow {
	r := &JobRow{title: NewText("", fynetheme.SizeNameText, ""), status: Caption(""), bar: NewBar(), frame: NewSurface(theme.Sunken, "")}
	r.frame.Corner = 9
	r.Retry = NewIcon(fynetheme.ViewRefreshIcon(), retry, hints, nil)
	r.Drop = NewIcon(fynetheme.CancelIcon(), drop, hints, nil)
	r.Retry.Hide()
	r.detail = widget.NewLabel("")
	r.detail.Wrapping, r.detail.SizeName, r.detail.Importance = fyne.TextWrapWord, fynetheme.SizeNameCaptionText, widget.DangerImportance
	r.detail.Hide()
	r.row = newTouch(Column(3, r.title, r.status, r.bar), func() {
		if r.OnTapped != nil {
			r.OnTapped()
		}
	})
	r.row.focus = func(on bool) { r.SetSelected(on) }
	r.ExtendBaseWidget(r)
	return r
}

// Set says where the work stands; share is −1 when there is no bar to show, and
// problem is said in full. It reports whether the row's height has changed.
func (r *JobRow) Set(title, status string, share float64, problem string) (resized bool) {
	r.title.SetText(title)
	r.status.SetText(status)
	resized = r.bar.Visible() != (share >= 0) || r.detail.Visible() != (problem != "") || r.detail.Text != problem
	r.bar.Set(share)
	if share >= 0 {
		r.bar.Show()
	} else {
		r.bar.Hide()
	}
	r.detail.SetText(problem)
	if problem != "" {
		r.detail.Show()
	} else {
		r.detail.Hide()
	}
	if resized {
		r.Refresh()
	}
	return resized
}

// Title, Status and Problem are what the row says.
func (r *JobRow) Title() string   { return r.title.Content }
func (r *JobRow) Status() string  { return r.status.Content }
func (r *JobRow) Problem() string { return r.detail.Text }

// SetSelected shows the row as chosen.
func (r *JobRow) SetSelected(on bool) {
	if on {
		r.frame.Paint(theme.Tint, fynetheme.ColorNamePrimary)
	} else {
		r.frame.Paint(theme.Sunken, "")
	}
}

// CreateRenderer is for the toolkit.
func (r *JobRow) CreateRenderer() fyne.WidgetRenderer {
	head := Fill(4, nil, r.row, Row(0, r.Retry, r.Drop))
	return widget.NewSimpleRenderer(container.NewStack(r.frame, container.New(margin{9, 7}, Column(0, head, r.detail))))
}

// Bar is a thin bar that fills.
type Bar struct {
	widget.BaseWidget
	share       float64
	track, done *Surface
}

// NewBar returns an empty bar.
func NewBar() *Bar {
	b := &Bar{track: NewSurface(theme.Border, ""), done: NewSurface(fynetheme.ColorNamePrimary, "")}
	b.track.Corner, b.done.Corner = 2, 2
	b.ExtendBaseWidget(b)
	return b
}

// Set fills the bar to a share of 0 … 1.
func (b *Bar) Set(share float64) {
	share = min(max(share, 0), 1)
	if share != b.share {
		b.share = share
		b.Refresh()
	}
}

// Share is how far the bar is filled.
func (b *Bar) Share() float64 { return b.share }

// CreateRenderer is for the toolkit.
func (b *Bar) CreateRenderer() fyne.WidgetRenderer { return &barRenderer{b} }

type barRenderer struct{ b *Bar }

func (r *barRenderer) Layout(s fyne.Size) {
	r.b.track.Resize(s)
	r.b.done.Resize(fyne.NewSize(s.Width*float32(r.b.share), s.Height))
}
func (r *barRenderer) MinSize() fyne.Size { return fyne.NewSize(20, 4) }
func (r *barRenderer) Refresh() {
	r.Layout(r.b.Size())
	r.b.track.Refresh()
	r.b.done.Refresh()
}
func (r *barRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.b.track, r.b.done}
}
func (r *barRenderer) Destroy() {}
