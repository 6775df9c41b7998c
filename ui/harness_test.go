package ui

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"kinora/app/job"
	"kinora/app/studio"
	"kinora/inference"
)

// hand is a clock that stands still until it is moved.
type hand struct {
	mu     sync.Mutex
	at     time.Time
	alarms map[int]*alarm
	n      int
}

type alarm struct {
	due   time.Time
	every time.Duration // 0: once
	f     func()
}

func (h *hand) set(d, every time.Duration, f func()) func() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.n++
	n := h.n
	h.alarms[n] = &alarm{h.at.Add(d), every, f}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.alarms, n)
	}
}

// next moves to the first alarm due by end and returns it.
func (h *hand) next(end time.Time) *alarm {
	h.mu.Lock()
	defer h.mu.Unlock()
	var first *alarm
	var key int
	for n, a := range h.alarms {
		if !a.due.After(end) && (first == nil || a.due.Before(first.due) || a.due.Equal(first.due) && n < key) {
			first, key = a, n
		}
	}
	if first == nil {
		h.at = end
		return nil
	}
	h.at = first.due
	if first.every > 0 {
		first.due = first.due.Add(first.every)
	} else {
		delete(h.alarms, key)
	}
	return first
}

// rig is a window over a fake studio, driven by the test's own goroutine.
type rig struct {
	*Window
	t *testing.T
	f *fake
	h *hand

	mu    sync.Mutex
	calls []func()
}

func newRig(t *testing.T, f *fake) *rig {
	t.Helper()
	r := newRigAt(t, f)
	r.wait(time.Second)
	return r
}

// newRigAt opens a window and lets nothing happen yet.
func newRigAt(t *testing.T, f *fake) *rig {
	t.Helper()
	a := test.NewApp()
	t.Cleanup(a.Quit)
	r := &rig{t: t, f: f, h: &hand{at: time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC), alarms: map[int]*alarm{}}}
	b := &bridge{
		do: func(g func()) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.calls = append(r.calls, g)
		},
		clock: clock{
			now:   func() time.Time { r.h.mu.Lock(); defer r.h.mu.Unlock(); return r.h.at },
			after: func(d time.Duration, f func()) func() { return r.h.set(d, 0, f) },
			every: func(d time.Duration, f func()) func() { return r.h.set(d, d, f) },
		},
	}
	r.Window = open(a, f, Meta{Version: "test", Device: "CPU"}, b)
	r.win.Resize(fyne.NewSize(1240, 800))
	return r
}

// settle runs what waits until nothing is under way.
func (r *rig) settle() {
	r.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		r.mu.Lock()
		q := r.calls
		r.calls = nil
		r.mu.Unlock()
		for _, f := range q {
			f()
		}
		if len(q) == 0 {
			if r.quiet() {
				return
			}
			time.Sleep(100 * time.Microsecond)
		}
	}
	r.t.Fatal("the window does not come to rest")
}

// wait lets time pass.
func (r *rig) wait(d time.Duration) {
	r.t.Helper()
	r.settle()
	end := r.now().Add(d)
	for {
		a := r.h.next(end)
		if a == nil {
			break
		}
		a.f()
		r.settle()
	}
	r.settle()
}

// write types a prompt and lets the window think about it.
func (r *rig) write(prompt string) {
	r.t.Helper()
	r.compose.prompt.SetText("")
	test.Type(r.compose.prompt, prompt)
	r.wait(time.Second)
}

// made puts finished clips into the history.
func (f *fake) made(prompts ...string) []job.ID {
	var ids []job.ID
	for i, p := range prompts {
		q := starter.Default
		q.Prompt, q.Seed, q.Width, q.Height = p, uint64(i), 64, 48
		id, _ := f.Submit(studio.Order{Request: q})
		f.step(id, job.Running, nil)
		f.step(id, job.Done, nil)
		ids = append(ids, id)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.jobs, f.orders = nil, nil
	return ids
}

func (f *fake) last(t *testing.T) studio.Order {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.orders) == 0 {
		t.Fatal("nothing was submitted")
	}
	return f.orders[len(f.orders)-1]
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.orders)
}

func denoising(step, of int, preview *inference.Clip) func(*job.Job) {
	return func(j *job.Job) {
		j.Progress = inference.Progress{Stage: inference.Denoising, Step: step, Of: of, Done: float64(step) / float64(of), Preview: preview}
		j.ETA = 12 * time.Second
	}
}

func id(n int) job.ID { return job.ID(fmt.Sprintf("job-%03d", n)) }
