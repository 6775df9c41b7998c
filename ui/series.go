package ui

import "kinora/app/job"

// A series is clips that were asked for together, one a line: when the last has ended,
// people want to see them side by side.
type series struct {
	left map[job.ID]bool
	all  []job.ID // in the order of the lines
}

// together follows clips that were asked for at once. Some may have ended already.
func (w *Window) together(ids []job.ID) {
	if len(ids) < 2 {
		return
	}
	w.series = &series{left: map[job.ID]bool{}, all: ids}
	for _, id := range ids {
		if j, known := w.queue.jobs[id]; !known || !j.State.Ended() {
			w.series.left[id] = true
		}
	}
	w.ended("")
}

// ended offers to compare the clips of the series after its last.
func (w *Window) ended(id job.ID) {
	f := w.series
	if f == nil {
		return
	}
	delete(f.left, id)
	if len(f.left) > 0 {
		return
	}
	w.series = nil
	var done []job.ID
	for _, id := range f.all {
		if w.queue.jobs[id].State == job.Done {
			done = append(done, id)
		}
	}
	if len(done) > 1 {
		w.over.Offer(w.say("%d clips are ready", len(done)), w.say("Compare"), func() { w.gallery.side(done) })
	}
}

// side puts clips side by side.
func (g *gallery) side(ids []job.ID) {
	if g.picking {
		g.pick()
	}
	g.pick()
	g.chosen = ids
	g.open()
	g.mark()
}
