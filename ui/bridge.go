package ui

import (
	"slices"
	"sync"
	"time"

	"fyne.io/fyne/v2"
)

// turn is how long one crossing may keep the window from its next event.
const turn = 4 * time.Millisecond

// A bridge carries work from any goroutine to the one that draws. It is the only
// place that crosses. However fast work comes, at most one crossing waits at a
// time; of work with the same key only the newest is done, and a crossing that has
// taken its turn leaves the rest to the next.
type bridge struct {
	do func(func()) // fyne.Do, or a test's stand-in
	clock

	mu       sync.Mutex
	work     []parcel
	crossing bool
	closed   bool
	away     int // background work under way
}

type parcel struct {
	key any
	f   func()
}

// A clock tells the time and wakes the bridge; tests have one they set by hand.
type clock struct {
	now   func() time.Time
	after func(time.Duration, func()) (stop func())
	every func(time.Duration, func()) (stop func())
}

// newBridge returns a bridge to the window's goroutine.
func newBridge() *bridge { return &bridge{do: fyne.Do, clock: wallClock()} }

// post has f run on the goroutine that draws, in place of waiting work with the
// same key. A nil key is like no other.
func (b *bridge) post(key any, f func()) {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return
	}
	i := -1
	if key != nil {
		i = slices.IndexFunc(b.work, func(p parcel) bool { return p.key == key })
	}
	if i >= 0 {
		b.work[i].f = f
	} else {
		b.work = append(b.work, parcel{key, f})
	}
	ask := !b.crossing
	b.crossing = true
	b.mu.Unlock()
	if ask {
		b.do(b.deliver)
	}
}

func (b *bridge) deliver() {
	start := b.now()
	for {
		b.mu.Lock()
		if len(b.work) == 0 || b.closed {
			b.crossing = false
			b.mu.Unlock()
			return
		}
		if b.now().Sub(start) > turn {
			b.mu.Unlock()
			b.do(b.deliver)
			return
		}
		f := b.work[0].f
		b.work = slices.Delete(b.work, 0, 1)
		b.mu.Unlock()
		f()
	}
}

// background runs f on a goroutine of its own; what it returns is run on the one
// that draws.
func (b *bridge) background(f func() func()) {
	b.mu.Lock()
	b.away++
	b.mu.Unlock()
	go func() {
		then := f()
		if then != nil {
			b.post(nil, then)
		}
		b.mu.Lock()
		b.away--
		b.mu.Unlock()
	}()
}

// later runs f on the goroutine that draws after a while.
func (b *bridge) later(d time.Duration, f func()) (stop func()) {
	stopped := false // read and written on the goroutine that draws
	halt := b.after(d, func() {
		b.post(nil, func() {
			if !stopped {
				f()
			}
		})
	})
	return func() {
		stopped = true
		halt()
	}
}

// tick runs f on the goroutine that draws, again and again; a tick that comes
// while the last one waits is left out.
func (b *bridge) tick(d time.Duration, f func()) (stop func()) {
	key, stopped := new(int), false
	halt := b.every(d, func() {
		b.post(key, func() {
			if !stopped {
				f()
			}
		})
	})
	return func() {
		stopped = true
		halt()
	}
}

// close drops what waits and takes nothing more.
func (b *bridge) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, b.work = true, nil
}

// quiet reports whether nothing waits and nothing is under way.
func (b *bridge) quiet() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.away == 0 && len(b.work) == 0
}

func wallClock() clock {
	return clock{
		now: time.Now,
		after: func(d time.Duration, f func()) func() {
			t := time.AfterFunc(d, f)
			return func() { t.Stop() }
		},
		every: func(d time.Duration, f func()) func() {
			t, end := time.NewTicker(d), make(chan struct{})
			go func() {
				defer t.Stop()
				for {
					select {
					case <-t.C:
						f()
					case <-end:
						return
					}
				}
			}()
			return sync.OnceFunc(func() { close(end) })
		},
	}
}
