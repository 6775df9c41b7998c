package ui

import (
	"context"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app/history"
	"kinora/app/job"
	"kinora/app/settings"
	"kinora/app/studio"
	"kinora/inference"
	"kinora/ui/theme"
	"kinora/ui/widgets"
)

// stage is the middle of the window: the clip being made, a finished one, or
// several side by side.
type stage struct {
	w      *Window
	player *widgets.Player

	live    job.ID // the job that is followed, or none
	entries []history.Entry
	turn    int // counts what was put on, so that a late clip is not shown

	title, detail *widgets.Text
	head, frame   *fyne.Container
	bar           *widgets.Bar
	status        *widgets.Text
	progress      *fyne.Container
	actions       *fyne.Container
	use, again    *widgets.Button
	export, drop  *widgets.Button
	words         [3]*widgets.Text // shown on an empty stage
	started       bool             // the preview has been seen to play
	last          *inference.Clip  // the preview on show
}

func newStage(w *Window) *stage {
	s := &stage{w: w}
	words := widgets.PlayerWords{
		Play: w.say("Play or pause (Space)"), Back: w.say("Frame back (←)"), Next: w.say("Frame on (→)"),
		Loop: w.say("Loop (L)"), Speed: w.say("Speed"), Fit: w.say("Actual size"),
	}
	s.player = widgets.NewPlayer(w.tick, w.now, words, w.over, s.empty())
	s.player.SetLoop(w.remembered.Loop)
	s.player.OnLoop = s.keepLoop
	s.player.OnKey = func(k *fyne.KeyEvent) { w.key(k) }
	s.title, s.detail = widgets.NewText("", fynetheme.SizeNameSubHeadingText, ""), widgets.Caption("")
	s.title.Bold = true
	s.bar, s.status = widgets.NewBar(), widgets.Caption("")
	s.status.Align = fyne.TextAlignTrailing
	s.progress = widgets.Column(5, s.status, s.bar)
	s.progress.Hide()
	s.use = widgets.NewButton(w.say("Use settings"), theme.Reuse.Resource(), s.useSettings)
	s.again = widgets.NewButton(w.say("Run again"), fynetheme.ViewRefreshIcon(), s.runAgain)
	s.export = widgets.NewButton(w.say("Export…"), fynetheme.DocumentSaveIcon(), w.exportChosen)
	s.drop = widgets.NewIcon(fynetheme.DeleteIcon(), w.say("Delete (Del)"), w.over, func() { w.delete(s.entries...) })
	s.export.Importance = widget.HighImportance
	s.actions = container.NewHBox(s.use, s.again, s.export, s.drop)
	s.clear()
	return s
}

// empty is shown while there is nothing to play.
func (s *stage) empty() fyne.CanvasObject {
	for i := range s.words {
		t := widgets.NewText("", fynetheme.SizeNameText, theme.Muted)
		t.Align, t.Whole, t.Bold = fyne.TextAlignCenter, true, i == 0
		s.words[i] = t
	}
	s.greet()
	return container.NewCenter(widgets.Column(6, s.words[0], s.words[1], s.words[2]))
}

// greet says what will be seen here.
func (s *stage) greet() {
	lines := [3]string{
		s.w.say("Your clip will appear here"),
		s.w.say("Write a prompt and press Generate,"),
		s.w.say("or drop a clip or an image on this window."),
	}
	if s.live != "" {
		lines = [3]string{s.w.say("Your clip is being made"), s.w.say("You can go on writing: more clips wait in the queue."), ""}
	}
	for i, l := range lines {
		s.words[i].SetText(l)
	}
}

func (s *stage) content() fyne.CanvasObject {
	s.head = widgets.Inset(widgets.Column(3, s.title, s.detail), 4)
	s.head.Hide()
	foot := widgets.Column(8, s.progress, s.actions)
	s.frame = container.NewBorder(s.head, foot, nil, nil, s.player)
	return container.NewStack(widgets.NewSurface(theme.Surface, theme.Border), widgets.Inset(s.frame, 10))
}

// clear shows the empty stage.
func (s *stage) clear() {
	s.turn++
	s.live, s.entries = "", nil
	s.player.Load()
	s.heading("", "")
}

func (s *stage) heading(title, detail string) {
	s.title.SetText(title)
	s.detail.SetText(detail)
	if s.head != nil && s.head.Visible() != (title != "") {
		if title != "" {
			s.head.Show()
		} else {
			s.head.Hide()
		}
		s.frame.Refresh()
	}
	s.buttons()
}

// entry is the clip on show, when it is a single finished one.
func (s *stage) entry() *history.Entry {
	if len(s.entries) == 1 {
		return &s.entries[0]
	}
	return nil
}

func (s *stage) buttons() {
	s.greet()
	on := s.entry() != nil
	for _, b := range []*widgets.Button{s.use, s.again} {
		able(b, on)
	}
	for _, b := range []*widgets.Button{s.export, s.drop} {
		able(b, len(s.entries) > 0)
	}
	if s.live == "" {
		s.progress.Hide()
	}
}

// await follows a job just submitted, unless another is followed already.
func (s *stage) await(id job.ID) {
	if j, ok := s.w.queue.jobs[s.live]; ok && !j.State.Ended() {
		return
	}
	s.watch(id)
}

// watch follows a job.
func (s *stage) watch(id job.ID) {
	s.turn++
	s.live, s.entries, s.started = id, nil, false
	s.player.Load()
	s.w.gallery.mark()
	if j, ok := s.w.queue.jobs[id]; ok {
		s.follow(j)
	}
	s.buttons()
}

// follow shows the newest state of the job that is followed.
func (s *stage) follow(j job.Job) {
	if j.ID != s.live || j.ID == "" {
		return
	}
	s.heading(called(j.Request, j.ImagePath), describe(s.w, j.Request))
	switch j.State {
	case job.Done:
		s.live = ""
		s.open(history.Entry{ID: j.ID, State: j.State, Request: j.Request, ImagePath: j.ImagePath, Timings: j.Timings})
		return
	case job.Cancelled:
		s.clear()
		if next := s.w.queue.current(); next != "" {
			s.watch(next)
		}
		return
	case job.Failed, job.Interrupted:
		s.progress.Hide()
		s.w.rescue(history.Entry{ID: j.ID, State: j.State, Request: j.Request, ImagePath: j.ImagePath, Err: j.Err}, func() {})
		return
	}
	s.progress.Show()
	s.status.SetText(s.w.queue.status(j))
	s.bar.Set(max(share(j), 0))
	if p := j.Progress.Preview; p != nil && (!s.started || s.last != p) {
		s.last = p
		s.player.Update(footage(p))
		if !s.started {
			s.started = true
			s.player.Play()
		}
	}
}

func footage(c *inference.Clip) *widgets.Footage {
	if c == nil {
		return nil
	}
	return &widgets.Footage{Width: c.Width, Height: c.Height, FPS: c.FPS, Frames: c.Frames}
}

// together is how many bytes of frames may lie in memory where clips are compared: ten
// of the size that large models make would take gigabytes beside the model.
const together = 1 << 30

// coarseness is how many pixels of several clips become one, so that all fit in memory;
// beside each other they are shown small anyway. 1 leaves them as they are.
func coarseness(of []history.Entry) int {
	if len(of) < 2 {
		return 1
	}
	var bytes float64
	for _, e := range of {
		bytes += 3 * float64(e.Request.Width) * float64(e.Request.Height) * float64(e.Request.Frames)
	}
	return max(1, int(math.Ceil(math.Sqrt(bytes/together))))
}

// thin keeps every kth pixel of every kth row.
func thin(f *widgets.Footage, k int) *widgets.Footage {
	if k <= 1 || !f.Whole() || f.Width < k || f.Height < k {
		return f
	}
	small := &widgets.Footage{Width: f.Width / k, Height: f.Height / k, FPS: f.FPS}
	for _, frame := range f.Frames {
		p := make([]byte, 0, 3*small.Width*small.Height)
		for y := range small.Height {
			for x := range small.Width {
				at := 3 * (y*k*f.Width + x*k)
				p = append(p, frame[at:at+3]...)
			}
		}
		small.Frames = append(small.Frames, p)
	}
	return small
}

// open puts finished clips on the stage; several are played in step.
func (s *stage) open(entries ...history.Entry) {
	s.turn++
	turn := s.turn
	s.live, s.entries = "", entries
	if len(entries) == 1 {
		s.heading(called(entries[0].Request, entries[0].ImagePath), describe(s.w, entries[0].Request))
	} else {
		s.heading(s.w.say("Comparing %d clips", len(entries)), s.w.say("They play in step; choose one to work with it"))
	}
	s.w.gallery.mark()
	names, coarse := captions(s.w, entries), coarseness(entries)
	s.w.background(func() func() {
		tracks := make([]widgets.Track, len(entries))
		for i, e := range entries {
			c, err := s.w.door.Clip(context.Background(), e.ID)
			if err != nil {
				return func() {
					if turn == s.turn {
						s.player.Load()
						s.w.fail(err)
					}
				}
			}
			tracks[i] = widgets.Track{Caption: names[i], Footage: thin(footage(c), coarse)}
		}
		return func() {
			if turn == s.turn {
				s.player.Load(tracks...)
				s.player.Play()
			}
		}
	})
}

// keepLoop remembers whether clips begin anew at their end.
func (s *stage) keepLoop(on bool) {
	s.w.background(func() func() {
		if err := s.w.amend(func(v *settings.Values) { v.Loop = on }); err != nil {
			return func() { s.w.fail(err) }
		}
		return nil
	})
}

func (s *stage) useSettings() {
	if e := s.entry(); e != nil {
		s.w.use(*e)
	}
}

func (s *stage) runAgain() {
	if e := s.entry(); e != nil {
		s.w.again(studio.Order{Request: e.Request, ImagePath: e.ImagePath})
	}
}

// use sets the pane to what a clip was made with, its seed included.
func (w *Window) use(e history.Entry) {
	w.compose.put(e.Request, e.ImagePath)
	w.compose.lock(true)
	w.over.Toast(w.say("Settings taken over"), "", nil)
}

// again submits an order as it stands.
func (w *Window) again(o studio.Order) {
	o.Anew = true // the clip is there to be seen; a copy is not what is meant
	w.background(func() func() {
		id, err := w.door.Submit(o)
		return func() {
			if err != nil {
				w.fail(err)
				return
			}
			w.stage.await(id)
		}
	})
}
