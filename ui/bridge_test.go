package ui

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// crossings is a stand-in for the window's goroutine that counts.
type crossings struct{ asked []func() }

func (c *crossings) do(f func()) { c.asked = append(c.asked, f) }

func TestBridgeLetsOneCrossingWaitWithTheNewest(t *testing.T) {
	var c crossings
	b := &bridge{do: c.do, clock: wallClock()}
	shown := map[string]int{}
	for i := range 1000 {
		b.post("a", func() { shown["a"] = i })
		b.post("b", func() { shown["b"] = -i })
	}
	order := ""
	b.post(nil, func() { order += "1" })
	b.post(nil, func() { order += "2" })
	if len(c.asked) != 1 {
		t.Fatalf("%d crossings wait, want 1", len(c.asked))
	}
	c.asked[0]()
	if shown["a"] != 999 || shown["b"] != -999 || order != "12" {
		t.Errorf("shown %v, order %q", shown, order)
	}
	b.post("a", func() { shown["a"] = 1 })
	if len(c.asked) != 2 {
		t.Error("no crossing is asked for after the first was made")
	}
}

func TestBridgeTakesTurns(t *testing.T) {
	var c crossings
	at := time.Unix(0, 0)
	b := &bridge{do: c.do, clock: clock{now: func() time.Time { return at }}}
	done := 0
	for range 10 {
		b.post(nil, func() { done++; at = at.Add(3 * time.Millisecond) })
	}
	c.asked[0]()
	if done != 2 || len(c.asked) != 2 {
		t.Fatalf("%d pieces of 3 ms in one turn of %v, %d crossings asked", done, turn, len(c.asked))
	}
	for i := 1; i < len(c.asked); i++ {
		c.asked[i]()
	}
	if done != 10 {
		t.Errorf("%d of 10 pieces done", done)
	}
}

func TestBridgeMayBeCrossedAtOnce(t *testing.T) {
	b := &bridge{do: func(f func()) { f() }, clock: wallClock()}
	n := 0
	b.post(nil, func() { n++; b.post(nil, func() { n++ }) })
	if n != 2 {
		t.Errorf("%d of 2 done", n)
	}
}

func TestClosedBridgeCarriesNothing(t *testing.T) {
	var c crossings
	b := &bridge{do: c.do, clock: wallClock()}
	b.post(nil, func() { t.Error("work was done after closing") })
	b.close()
	b.post(nil, func() { t.Error("work was taken after closing") })
	for _, f := range c.asked {
		f()
	}
}

func TestBridgeFromManyGoroutines(t *testing.T) {
	calls := make(chan func(), 1<<16)
	b := &bridge{do: func(f func()) { calls <- f }, clock: wallClock()}
	var all sync.WaitGroup
	sum := 0
	for i := range 8 {
		all.Go(func() {
			for range 500 {
				b.post(nil, func() { sum++ })
				b.post(fmt.Sprint(i), func() {})
			}
		})
	}
	all.Wait()
	for sum < 8*500 {
		(<-calls)()
	}
}
