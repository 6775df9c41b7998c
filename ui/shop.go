package ui

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app/fetch"
	"kinora/app/fetch/catalogue"
	"kinora/app/studio"
	"kinora/ui/widgets"
)

// shop is where model files are fetched: one after another, whether its dialog is
// open or not.
type shop struct {
	w      *Window
	offers []studio.Offer
	sets   []catalogue.Set
	lacks  []studio.Lack
	rows   map[string]*widgets.JobRow
	box    *fyne.Container

	wanted   []string // the first is under way
	stop     context.CancelFunc
	run      int // counts fetches, so that a late report of an old one is not shown
	progress fetch.Progress
	problems map[string]string

	line *widgets.Text // in the pane: what is missing
	hint *fyne.Container
}

func newShop(w *Window) *shop {
	s := &shop{w: w, rows: map[string]*widgets.JobRow{}, problems: map[string]string{}, box: widgets.Column(6), line: widgets.Caption("")}
	s.hint = widgets.Fill(6, nil, s.line, widgets.NewIcon(fynetheme.DownloadIcon(), w.say("Fetch what is missing"), w.over, s.open))
	s.hint.Hide()
	return s
}

// look asks anew, in the background, what there is and what is missing.
func (s *shop) look(then func()) {
	s.w.background(func() func() {
		offers, sets, err := s.w.door.Offers("")
		lacks := s.w.door.Missing()
		return func() {
			s.offers, s.sets, s.lacks = offers, sets, lacks
			s.tell()
			if then != nil {
				then()
				s.w.fail(err)
			}
		}
	})
}

// tell says below the models what one of them lacks.
func (s *shop) tell() {
	if len(s.lacks) == 0 {
		s.hint.Hide()
		return
	}
	s.line.SetText(s.lack(s.lacks[0]))
	s.hint.Show()
}

// partNames are the parts as people are told of them.
var partNames = map[catalogue.Part]string{catalogue.Denoiser: "Denoiser", catalogue.Text: "Text encoder", catalogue.VAE: "Decoder", catalogue.LoRA: "LoRA"}

func (s *shop) lack(l studio.Lack) string {
	var parts []string
	for _, p := range l.Parts {
		parts = append(parts, s.w.say(partNames[p]))
	}
	return s.w.say("%s lacks: %s", filepath.Base(l.Path), strings.Join(parts, ", "))
}

// open shows the dialog.
func (s *shop) open() {
	s.look(func() {
		s.fill()
		body := container.NewVScroll(widgets.Inset(s.box, 6))
		d := dialog.NewCustom(s.w.say("Fetch models"), s.w.say("Close"), body, s.w.win)
		size := s.w.Canvas().Size()
		d.Resize(fyne.NewSize(min(size.Width-60, 660), min(size.Height-60, 640)))
		s.w.show(d)
	})
}

// fill makes the rows: first what is missing, then sets, then all else.
func (s *shop) fill() {
	s.box.Objects, s.rows = nil, map[string]*widgets.JobRow{}
	section := func(title string) { s.box.Add(widgets.NewTitle(title)) }
	need := map[catalogue.Part]bool{}
	for _, l := range s.lacks {
		section(s.lack(l))
		for _, p := range l.Parts {
			need[p] = true
		}
	}
	for _, o := range s.offers {
		if need[o.Part] {
			s.row(o.Name)
		}
	}
	section(s.w.say("Whole models"))
	for _, set := range s.sets {
		s.row(set.Name)
	}
	section(s.w.say("Files"))
	for _, o := range s.offers {
		if !need[o.Part] {
			s.row(o.Name)
		}
	}
	note := widget.NewLabel(s.w.say("Files go into the folder of models and are checked against known SHA-256 sums. What was fetched is kept when you stop, or when the network fails."))
	note.Wrapping, note.SizeName = fyne.TextWrapWord, fynetheme.SizeNameCaptionText
	s.box.Add(note)
	s.box.Refresh()
}

func (s *shop) row(name string) {
	row := widgets.NewJobRow(s.w.over, s.w.say("Fetch"), s.w.say("Stop"))
	row.Retry.SetIcon(fynetheme.DownloadIcon())
	row.Retry.OnTapped = func() { s.want(s.files(name)...) }
	row.Drop.OnTapped = func() { s.drop(name) }
	s.rows[name] = row
	s.box.Add(row)
	s.show(name)
}

// files are those that a name stands for.
func (s *shop) files(name string) []string {
	for _, set := range s.sets {
		if set.Name == name {
			return set.Files
		}
	}
	return []string{name}
}

func (s *shop) offer(name string) *studio.Offer {
	for i := range s.offers {
		if s.offers[i].Name == name {
			return &s.offers[i]
		}
	}
	return nil
}

// show says where a file or a set stands.
func (s *shop) show(name string) {
	row := s.rows[name]
	if row == nil {
		return
	}
	files := s.files(name)
	title, status, share := name, "", -1.0
	var size64, had int64
	there, busy, problem := true, false, ""
	for _, f := range files {
		o := s.offer(f)
		if o == nil {
			continue
		}
		size64 += o.Size
		switch {
		case o.There:
			had += o.Size
		case len(s.wanted) > 0 && s.wanted[0] == f && s.progress.Stage == fetch.Fetching:
			had += s.progress.Bytes
		default:
			had += o.Kept
		}
		there = there && o.There
		busy = busy || slices.Contains(s.wanted, f)
		problem = or(problem, s.problems[f])
	}
	if o := s.offer(name); o != nil {
		title = o.Title
		status = strings.Join([]string{size(o.Size), s.w.say(partNames[o.Part]), o.Licence, o.Repository}, "  ·  ")
	} else {
		status = size(size64) + "  ·  " + strings.Join(files, " + ")
	}
	under := len(s.wanted) > 0 && slices.Contains(files, s.wanted[0])
	switch {
	case there:
		status += "  ·  " + s.w.say("there")
	case under && s.progress.Stage == fetch.Checking:
		share = float64(s.progress.Bytes) / float64(max(1, s.progress.Total))
		status = s.w.say("Checking %d %%", int(math.Floor(100*share)))
	case under:
		share = float64(had) / float64(max(1, size64))
		status = s.w.say("%s of %s", size(had), size(size64))
		if s.progress.Rate > 0 {
			eta := time.Duration(float64(size64-had) / s.progress.Rate * float64(time.Second))
			status += "  ·  " + size(int64(s.progress.Rate)) + "/s  ·  " + s.w.say("%s left", s.w.span(eta))
		}
	case busy:
		status += "  ·  " + s.w.say("Waiting")
	case had > 0:
		share = float64(had) / float64(max(1, size64))
		status += "  ·  " + s.w.say("%d %% there", int(math.Floor(100*share)))
	}
	row.Set(title, status, share, problem)
	visible(row.Retry, !there && !busy)
	visible(row.Drop, busy)
	row.Retry.Help = s.w.say("Fetch")
	if had > 0 && !busy {
		row.Retry.Help = s.w.say("Go on")
	}
}

func visible(o fyne.CanvasObject, on bool) {
	if o.Visible() == on {
		return
	}
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

func (s *shop) showAll() {
	for name := range s.rows {
		s.show(name)
	}
}

// want puts files behind those that are wanted already.
func (s *shop) want(names ...string) {
	for _, n := range names {
		if o := s.offer(n); o != nil && !o.There && !slices.Contains(s.wanted, n) {
			delete(s.problems, n)
			s.wanted = append(s.wanted, n)
		}
	}
	s.next()
	s.showAll()
}

// drop takes files back; the one under way keeps what it has.
func (s *shop) drop(name string) {
	for _, f := range s.files(name) {
		if i := slices.Index(s.wanted, f); i == 0 && s.stop != nil {
			s.stop()
		} else if i >= 0 {
			s.wanted = slices.Delete(s.wanted, i, i+1)
		}
	}
	s.showAll()
}

// next fetches the first of those wanted.
func (s *shop) next() {
	if s.stop != nil || len(s.wanted) == 0 {
		return
	}
	o := s.offer(s.wanted[0])
	if o == nil {
		s.wanted = s.wanted[1:]
		s.next()
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.progress = stop, fetch.Progress{Stage: fetch.Fetching, Bytes: o.Kept, Total: o.Size}
	s.run++
	run, offer := s.run, *o
	go func() {
		err := s.w.door.Fetch(ctx, offer, func(p fetch.Progress) {
			s.w.post(s, func() {
				if run == s.run && s.stop != nil {
					s.progress = p
					s.showAll()
				}
			})
		})
		s.w.post(nil, func() { s.over(offer, err) })
	}()
}

// over is told when a fetch has ended.
func (s *shop) over(o studio.Offer, err error) {
	s.stop()
	s.stop, s.wanted = nil, s.wanted[1:]
	switch {
	case err == nil:
		s.w.over.Toast(s.w.say("Fetched %s", o.Title), "", nil)
	case !errors.Is(err, context.Canceled):
		s.problems[o.Name] = s.w.sentence(err)
		if s.rows[o.Name] == nil {
			s.w.fail(err) // nobody looks at the list
		}
	}
	s.next()
	s.look(s.showAll)
}
