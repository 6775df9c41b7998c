package job

import (
	"slices"
	"sync"
)

// An outbox carries snapshots to the record and the watchers on a goroutine of
// its own, so that neither can hold up the queue. A snapshot still waiting is
// replaced by a newer one of the same job in the same state.
type outbox struct {
	record func(Job)
	done   chan struct{}

	mu       sync.Mutex
	filled   *sync.Cond
	waiting  []Job
	closed   bool
	watchers []*watcher
	state    map[ID]State // last told to the record
}

type watcher struct{ f func(Job) }

func newOutbox(record func(Job)) *outbox {
	o := &outbox{record: record, done: make(chan struct{}), state: map[ID]State{}}
	o.filled = sync.NewCond(&o.mu)
	go o.deliver()
	return o
}

func (o *outbox) put(j Job) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := len(o.waiting) - 1; i >= 0; i-- {
		if o.waiting[i].ID == j.ID {
			if o.waiting[i].State == j.State {
				o.waiting[i] = j
				return
			}
			break
		}
	}
	o.waiting = append(o.waiting, j)
	o.filled.Signal()
}

func (o *outbox) watch(f func(Job)) (stop func()) {
	w := &watcher{f}
	o.mu.Lock()
	o.watchers = append(o.watchers, w)
	o.mu.Unlock()
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.watchers = slices.DeleteFunc(slices.Clone(o.watchers), func(v *watcher) bool { return v == w })
	}
}

func (o *outbox) deliver() {
	defer close(o.done)
	for {
		o.mu.Lock()
		for len(o.waiting) == 0 && !o.closed {
			o.filled.Wait()
		}
		if len(o.waiting) == 0 {
			o.mu.Unlock()
			return
		}
		j, watchers := o.waiting[0], o.watchers
		o.waiting = slices.Delete(o.waiting, 0, 1)
		o.mu.Unlock()

		if o.state[j.ID] != j.State {
			o.state[j.ID] = j.State
			if j.State.Ended() {
				delete(o.state, j.ID)
			}
			if o.record != nil {
				o.record(j)
			}
		}
		for _, w := range watchers {
			w.f(j)
		}
	}
}

// close returns when everything was delivered.
func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.filled.Signal()
	o.mu.Unlock()
	<-o.done
}
