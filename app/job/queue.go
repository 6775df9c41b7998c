package job

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"kinora/inference"
)

// Work makes the clip of a job and keeps it. It returns when the clip is safe, or
// with ctx's error soon after ctx ends.
type Work func(ctx context.Context, j Job, report func(inference.Progress)) (map[inference.Stage]time.Duration, error)

// keepEnded is how many ended jobs a queue remembers.
const keepEnded = 200

// A Queue holds jobs in order of submission and works on one at a time.
type Queue struct {
	work    Work
	out     *outbox
	ask     chan func()
	stopped chan struct{}

	mu   sync.Mutex // guards jobs for readers; only the loop writes
	jobs []Job

	// The rest belongs to the loop alone.
	cancel  context.CancelFunc
	running ID
	closing bool
	pace    pace
}

// New starts a queue. record is told of every change of state before any watcher.
func New(work Work, record func(Job)) *Queue {
	q := &Queue{work: work, out: newOutbox(record), ask: make(chan func(), 64), stopped: make(chan struct{})}
	go q.loop()
	return q
}

// NewID returns a fresh ID.
func NewID(now time.Time) ID {
	var b [3]byte
	rand.Read(b[:])
	return ID(now.UTC().Format("20060102-150405.000") + "-" + hex.EncodeToString(b[:]))
}

// Submit appends a job.
func (q *Queue) Submit(j Job) error {
	j.State = Queued
	taken := make(chan bool, 1)
	q.do(func() {
		if taken <- !q.closing; !q.closing {
			q.put(j)
			q.next()
		}
	})
	select {
	case ok := <-taken:
		if ok {
			return nil
		}
	case <-q.stopped:
	}
	return errors.New("the program is closing")
}

// Cancel stops a job, running or not. The job has ended once watchers are told so.
func (q *Queue) Cancel(id ID) {
	q.do(func() {
		if id == q.running {
			q.cancel()
			return
		}
		q.change(id, func(j *Job) {
			if j.State == Queued {
				j.State, j.Ended = Cancelled, time.Now()
			}
		})
	})
}

// Jobs lists all jobs that are not over and the last that are, oldest first.
func (q *Queue) Jobs() []Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.jobs)
}

// Watch calls f on every change of a job, in order, never two at once.
func (q *Queue) Watch(f func(Job)) (stop func()) { return q.out.watch(f) }

// Close interrupts what runs or waits, and returns when all watchers were told.
func (q *Queue) Close() {
	q.do(func() {
		q.closing = true
		for _, j := range q.Jobs() {
			if j.State == Queued {
				q.change(j.ID, interrupt)
			}
		}
		if q.cancel != nil {
			q.cancel()
		}
	})
	<-q.stopped
	q.out.close()
}

func interrupt(j *Job) {
	j.State, j.Ended = Interrupted, time.Now()
	j.Err = "Kinora was closed before this clip was finished"
}

// do runs f on the loop; false when the queue has stopped.
func (q *Queue) do(f func()) bool {
	select {
	case q.ask <- f:
		return true
	case <-q.stopped:
		return false
	}
}

func (q *Queue) loop() {
	defer close(q.stopped)
	for !q.closing || q.running != "" {
		f := <-q.ask
		f()
	}
}

// next starts the first waiting job if none runs.
func (q *Queue) next() {
	if q.running != "" || q.closing {
		return
	}
	i := slices.IndexFunc(q.jobs, func(j Job) bool { return j.State == Queued })
	if i < 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	q.running, q.cancel, q.pace = q.jobs[i].ID, cancel, pace{}
	q.change(q.running, func(j *Job) { j.State, j.Started = Running, time.Now() })
	go q.run(ctx, q.jobs[i])
}

// run works on a job outside the loop, so that the loop can always answer.
func (q *Queue) run(ctx context.Context, j Job) {
	timings, err := q.guarded(ctx, j)
	q.do(func() {
		stopped := ctx.Err() != nil
		q.cancel()
		q.cancel, q.running = nil, ""
		q.change(j.ID, func(j *Job) {
			j.Ended, j.ETA, j.Progress.Preview = time.Now(), 0, nil
			switch {
			case err == nil:
				j.State, j.Progress.Done, j.Timings = Done, 1, timings
			case stopped && q.closing:
				interrupt(j)
			case stopped:
				j.State = Cancelled
			default:
				j.State, j.Err, j.Cause = Failed, err.Error(), err
			}
		})
		q.next()
	})
}

// A Fault is a panic caught while a job was worked on.
type Fault struct {
	Value any
	Stack []byte
}

func (f *Fault) Error() string {
	return fmt.Sprintf("a fault inside Kinora stopped this clip: %v", f.Value)
}

func (q *Queue) guarded(ctx context.Context, j Job) (timings map[inference.Stage]time.Duration, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Fault{p, debug.Stack()}
		}
	}()
	return q.work(ctx, j, func(p inference.Progress) {
		q.do(func() { q.progress(j.ID, p) })
	})
}

func (q *Queue) progress(id ID, p inference.Progress) {
	if id != q.running {
		return
	}
	q.change(id, func(j *Job) {
		if p.Preview == nil {
			p.Preview = j.Progress.Preview
		}
		p.Done = max(p.Done, j.Progress.Done)
		j.Progress, j.ETA = p, q.pace.eta(time.Now(), p)
	})
}

// put appends a job and forgets the oldest of too many ended ones.
func (q *Queue) put(j Job) {
	q.mu.Lock()
	q.jobs = append(q.jobs, j)
	ended := 0
	for _, j := range q.jobs {
		if j.State.Ended() {
			ended++
		}
	}
	q.jobs = slices.DeleteFunc(q.jobs, func(j Job) bool {
		drop := ended > keepEnded && j.State.Ended()
		if drop {
			ended--
		}
		return drop
	})
	q.mu.Unlock()
	q.out.put(j)
}

// change applies f to a job that is not over and shows the result.
func (q *Queue) change(id ID, f func(*Job)) {
	q.mu.Lock()
	i := slices.IndexFunc(q.jobs, func(j Job) bool { return j.ID == id })
	if i < 0 || q.jobs[i].State.Ended() {
		q.mu.Unlock()
		return
	}
	f(&q.jobs[i])
	j := q.jobs[i]
	q.mu.Unlock()
	q.out.put(j)
}
