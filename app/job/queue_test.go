package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"kinora/inference"
)

func TestPace(t *testing.T) {
	start := time.Unix(0, 0)
	var p pace
	// Loading takes its time at no cost; then ten steps of two seconds each.
	if eta := p.eta(start, inference.Progress{Stage: inference.Loading}); eta != 0 {
		t.Errorf("known before anything was measured: %v", eta)
	}
	now := start
	for i := 1; i <= 10; i++ {
		now = now.Add(2 * time.Second)
		eta := p.eta(now, inference.Progress{Stage: inference.Denoising, Done: float64(i) / 10})
		want := time.Duration(10-i) * 2 * time.Second
		if i < 10 && (eta < want*9/10 || eta > want*11/10) || i == 10 && eta != 0 {
			t.Errorf("after step %d: %v left, want %v", i, eta, want)
		}
		if i == 5 { // half a step later, without news
			if eta := p.eta(now.Add(time.Second), inference.Progress{Done: 0.5}); eta < 8*time.Second || eta > 10*time.Second {
				t.Errorf("between steps: %v", eta)
			}
		}
	}
}

func TestOutboxKeepsStatesAndOrder(t *testing.T) {
	gate := make(chan bool)
	var mu sync.Mutex
	var recorded, seen []string
	o := newOutbox(func(j Job) { recorded = append(recorded, fmt.Sprintf("%s %s", j.ID, j.State)) })
	stop := o.watch(func(j Job) {
		<-gate
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprintf("%s %s %g", j.ID, j.State, j.Progress.Done))
	})
	o.put(Job{ID: "a", State: Queued})
	gate <- true
	o.put(Job{ID: "a", State: Running})
	for i := range 100 { // many reports while the watcher is busy
		o.put(Job{ID: "a", State: Running, Progress: inference.Progress{Done: float64(i)}})
		o.put(Job{ID: "b", State: Queued})
	}
	o.put(Job{ID: "a", State: Done})
	close(gate)
	o.close()
	stop()
	if len(seen) > 6 || !slices.Contains(seen, "a running 99") || seen[len(seen)-1] != "a done 0" {
		t.Errorf("seen: %v", seen)
	}
	if want := []string{"a queued", "a running", "b queued", "a done"}; !slices.Equal(recorded, want) {
		t.Errorf("recorded %v, want %v", recorded, want)
	}
}

func TestQueueForgetsTheOldest(t *testing.T) {
	q := New(func(context.Context, Job, func(inference.Progress)) (map[inference.Stage]time.Duration, error) {
		return nil, nil
	}, nil)
	ended := make(chan bool)
	q.Watch(func(j Job) {
		if j.State.Ended() {
			ended <- true
		}
	})
	for i := range keepEnded + 10 {
		if err := q.Submit(Job{ID: ID(fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
		<-ended
	}
	jobs := q.Jobs()
	if len(jobs) > keepEnded+1 || jobs[len(jobs)-1].ID != ID(fmt.Sprint(keepEnded+9)) {
		t.Errorf("%d jobs, the last %s", len(jobs), jobs[len(jobs)-1].ID)
	}
	q.Close()
	q.Close()
	if err := q.Submit(Job{ID: "late"}); err == nil {
		t.Error("a job was taken after the end")
	}
}

func TestPreviewStaysUntilTheEnd(t *testing.T) {
	preview := &inference.Clip{Width: 1}
	q := New(func(_ context.Context, _ Job, report func(inference.Progress)) (map[inference.Stage]time.Duration, error) {
		report(inference.Progress{Done: 0.5, Preview: preview})
		report(inference.Progress{Done: 0.4})
		return nil, errors.New("enough")
	}, nil)
	defer q.Close()
	ended := make(chan Job, 1)
	q.Watch(func(j Job) {
		if j.State == Running && j.Progress.Done > 0 && (j.Progress.Preview != preview || j.Progress.Done < 0.5) {
			t.Errorf("%+v", j.Progress)
		}
		if j.State.Ended() {
			ended <- j
		}
	})
	q.Submit(Job{ID: "a"})
	if j := <-ended; j.State != Failed || j.Err != "enough" || j.Cause == nil || j.Progress.Preview != nil {
		t.Errorf("%+v", j)
	}
}

func TestIDsSortByTime(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	a, b, c := NewID(at), NewID(at), NewID(at.Add(time.Millisecond))
	if a >= c || b >= c || a == b {
		t.Errorf("%s, %s, %s", a, b, c)
	}
}
