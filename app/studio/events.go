package studio

import (
	"slices"
	"sync"
)

// A Topic is something that can change behind the doors' backs.
type Topic string

// The topics.
const (
	ModelsChanged   Topic = "models"
	ConfigChanged   Topic = "config"
	SettingsChanged Topic = "settings"
	HistoryChanged  Topic = "history"
)

// An Event tells of such a change.
type Event struct {
	Topic Topic
	Text  string // one sentence for people; empty when it need not be said
	Err   error  // the change could not be taken over: say so
}

// Listen calls f on every change of models, configuration, settings and history:
// in order, never two at once, from a goroutine of its own.
func (s *Studio) Listen(f func(Event)) (stop func()) { return s.events.listen(f) }

// maxPosted bounds what waits for the first listener.
const maxPosted = 100

// A bulletin carries events to listeners. What must be said to people waits until
// somebody listens.
type bulletin struct {
	mu        sync.Mutex
	posted    []Event
	listeners []*listener
	running   bool
	closed    bool
	idle      sync.WaitGroup
}

type listener struct{ f func(Event) }

func (b *bulletin) tell(e Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.listeners) == 0 && e.Text == "" && e.Err == nil || len(b.posted) >= maxPosted || b.closed {
		return
	}
	b.posted = append(b.posted, e)
	b.start()
}

func (b *bulletin) listen(f func(Event)) (stop func()) {
	l := &listener{f}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listeners = append(b.listeners, l)
	b.start()
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.listeners = slices.DeleteFunc(slices.Clone(b.listeners), func(m *listener) bool { return m == l })
	}
}

// start delivers what is posted, on one goroutine at a time.
func (b *bulletin) start() {
	if b.running || len(b.posted) == 0 || len(b.listeners) == 0 {
		return
	}
	b.running = true
	b.idle.Go(func() {
		for {
			b.mu.Lock()
			if len(b.posted) == 0 || len(b.listeners) == 0 {
				b.running = false
				b.mu.Unlock()
				return
			}
			e, all := b.posted[0], b.listeners
			b.posted = slices.Delete(b.posted, 0, 1)
			b.mu.Unlock()
			for _, l := range all {
				l.f(e)
			}
		}
	})
}

// close returns when everything was delivered that can be.
func (b *bulletin) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.idle.Wait()
}
