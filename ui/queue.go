package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"kinora/app/job"
	"kinora/app/studio"
	"kinora/inference"
	"kinora/ui/theme"
	"kinora/ui/widgets"
)

// queue lists the jobs under way and those that came to grief.
type queue struct {
	w     *Window
	jobs  map[job.ID]job.Job
	order []job.ID
	rows  map[job.ID]*widgets.JobRow
	box   *fyne.Container
	title *widgets.Text
	all   *widgets.Button
	panel *fyne.Container

	tidied [2]int // jobs under way, and all, when last tidied
}

func newQueue(w *Window) *queue {
	q := &queue{w: w, tidied: [2]int{-1}, jobs: map[job.ID]job.Job{}, rows: map[job.ID]*widgets.JobRow{}}
	q.box = widgets.Column(6)
	q.title = widgets.NewTitle(w.say("Queue"))
	q.all = widgets.NewButton(w.say("Cancel all"), nil, q.cancelAll)
	q.all.Importance = widget.LowImportance
	return q
}

func (q *queue) content() fyne.CanvasObject {
	head := widgets.Fill(6, q.title, widgets.Caption(""), q.all)
	q.panel = container.NewStack(widgets.NewSurface(theme.Surface, theme.Border),
		widgets.Inset(container.NewBorder(head, nil, nil, nil, container.New(&rows{q}, container.NewVScroll(q.box))), 10))
	q.tidy()
	return q.panel
}

// current is the job that runs, or else the first that waits.
func (q *queue) current() job.ID {
	var first job.ID
	for _, id := range q.order {
		switch q.jobs[id].State {
		case job.Running:
			return id
		case job.Queued:
			if first == "" {
				first = id
			}
		}
	}
	return first
}

func (q *queue) cancelAll() {
	for _, id := range q.order {
		if !q.jobs[id].State.Ended() {
			q.w.door.Cancel(id)
		}
	}
}

// show takes a job's newest state.
func (q *queue) show(j job.Job) {
	if old, ok := q.jobs[j.ID]; ok && old.State.Ended() {
		return
	}
	if j.State == job.Done || j.State == job.Cancelled {
		q.drop(j.ID)
		q.jobs[j.ID] = job.Job{State: j.State} // a late report must not bring it back
		return
	}
	q.jobs[j.ID] = j
	row := q.rows[j.ID]
	if row == nil {
		row = q.row(j)
	}
	if row.Set(called(j.Request, j.ImagePath), q.status(j), share(j), problem(q.w, j)) {
		q.tidied = [2]int{-1}
	}
	if j.State.Ended() && !row.Retry.Visible() {
		row.Retry.Show()
		row.Drop.Help = q.w.say("Put away")
		row.Refresh()
	}
	q.tidy()
}

func (q *queue) row(j job.Job) *widgets.JobRow {
	row := widgets.NewJobRow(q.w.over, q.w.say("Try again"), q.w.say("Cancel"))
	id := j.ID
	row.OnTapped = func() { q.w.stage.watch(id) }
	row.Drop.OnTapped = func() {
		if q.jobs[id].State.Ended() {
			q.drop(id)
		} else {
			q.w.door.Cancel(id)
		}
	}
	row.Retry.OnTapped = func() {
		j := q.jobs[id]
		q.drop(id)
		q.w.again(studio.Order{Request: j.Request, ImagePath: j.ImagePath})
	}
	q.rows[id], q.order = row, append(q.order, id)
	q.box.Add(row)
	return row
}

func (q *queue) drop(id job.ID) {
	if row := q.rows[id]; row != nil {
		q.box.Remove(row)
		delete(q.rows, id)
	}
	for i, o := range q.order {
		if o == id {
			q.order = append(q.order[:i:i], q.order[i+1:]...)
			break
		}
	}
	q.tidy()
}

// tidy says how many wait, and hides an empty queue.
func (q *queue) tidy() {
	if q.panel == nil {
		return
	}
	open := 0
	for _, id := range q.order {
		if !q.jobs[id].State.Ended() {
			open++
		}
	}
	if now := [2]int{open, len(q.order)}; now == q.tidied {
		return // progress comes often, and leaves the list as it is
	} else {
		q.tidied = now
	}
	q.title.SetText(q.w.say("Queue"))
	if open > 1 {
		q.title.SetText(q.w.say("Queue · %d", open))
		q.all.Show()
	} else {
		q.all.Hide()
	}
	if len(q.order) == 0 {
		q.panel.Hide()
	} else {
		q.panel.Show()
	}
	q.panel.Refresh()
	if c := q.w.right; c != nil {
		c.Refresh()
	}
}

func share(j job.Job) float64 {
	if j.State != job.Running {
		return -1
	}
	return j.Progress.Done
}

func problem(w *Window, j job.Job) string {
	if j.State != job.Failed && j.State != job.Interrupted || j.Err == "" {
		return ""
	}
	return w.told(j.Err)
}

var stages = map[inference.Stage]string{
	inference.Loading:   "Loading the model",
	inference.Encoding:  "Reading the prompt",
	inference.Denoising: "Denoising",
	inference.Decoding:  "Developing frames",
}

// status says where a job stands, in a line.
func (q *queue) status(j job.Job) string {
	w := q.w
	switch j.State {
	case job.Queued:
		return w.say("Waiting")
	case job.Failed:
		return w.say("Failed")
	case job.Interrupted:
		return w.say("Interrupted")
	case job.Running:
	default:
		return string(j.State)
	}
	s := w.say("Starting")
	if name, ok := stages[j.Progress.Stage]; ok {
		s = w.say(name)
	}
	if j.Progress.Of > 1 {
		s += "  " + w.say("%d of %d", j.Progress.Step, j.Progress.Of)
	}
	if j.ETA > 0 {
		s += "  ·  " + w.say("%s left", w.span(j.ETA))
	}
	return s
}

// Heights of the list of jobs: it needs that of one job, and likes that of four.
const oneJob, fourJobs = 60, 232

// like is the height that the queue would like to have.
func (q *queue) like() float32 {
	h := q.box.MinSize().Height
	return q.panel.MinSize().Height + min(h, fourJobs) - min(h, oneJob)
}

// rows lets the list of jobs scroll in what room there is.
type rows struct{ q *queue }

// Layout is for the toolkit.
func (r *rows) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(s)
	o[0].Move(fyne.Position{})
}

// MinSize is for the toolkit.
func (r *rows) MinSize([]fyne.CanvasObject) fyne.Size {
	m := r.q.box.MinSize()
	return fyne.NewSize(min(m.Width, 200), min(m.Height, oneJob))
}
