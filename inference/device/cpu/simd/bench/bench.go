package main

import (
	"fmt"
	"slices"
	"time"

	"kinora/inference/device/cpu/simd"
)

type bench struct {
	p      *simd.Pool
	rounds int
}

// spell is how long one figure is measured at least.
var spell = 40 * time.Millisecond

// A rate is billions of operations a second: of the clock, and of processor time
// spent, which other programs on the machine do not use up.
type rate struct{ wall, busy float64 }

func (r rate) best(s rate) rate { return rate{max(r.wall, s.wall), max(r.busy, s.busy)} }

// measure repeats f for a spell.
func measure(operations float64, f func()) rate {
	n, start, cpu := 0, time.Now(), busy()
	for time.Since(start) < spell || n < 1 {
		f()
		n++
	}
	ops := float64(n) * operations / 1e9
	return rate{ops / time.Since(start).Seconds(), ops / (busy() - cpu).Seconds()}
}

// peak returns the rate of multiply-adds between registers on all threads.
func peak(p *simd.Pool) rate {
	const each = 1_000_000
	return measure(float64(p.Threads())*p.Peak(each), func() { p.Run(p.Threads(), func(int) { p.Peak(each) }) })
}

func (b bench) peaks() {
	fmt.Printf("peak of multiply-adds, GFLOP/s\n%-10s %8s %8s\n", "", "1 thread", fmt.Sprint(b.p.Threads(), " thr."))
	for _, l := range simd.Levels()[1:] {
		one, all := simd.NewPoolAt(1, l), simd.NewPoolAt(b.p.Threads(), l)
		var r, s rate
		for range b.rounds {
			r, s = r.best(peak(one)), s.best(peak(all))
		}
		fmt.Printf("%-10s %8.1f %8.1f\n", l, r.wall, s.wall)
		one.Close()
		all.Close()
	}
}

// A contender is one way to do the same work.
type contender struct {
	name string
	run  func()
}

// compare prints, for each contender, its best rate by the clock, and the median
// over the rounds of its share of the peak measured just before and after,
// and its best rate's share of the best peak, both by processor time.
func (b bench) compare(label string, operations float64, all ...contender) {
	best, shares := make([]rate, len(all)), make([][]float64, len(all))
	var top rate
	for _, c := range all {
		c.run() // buffers, pages
	}
	for range b.rounds {
		before := peak(b.p)
		for i, c := range all {
			r := measure(operations, c.run)
			after := peak(b.p)
			best[i] = best[i].best(r)
			top = top.best(before).best(after)
			shares[i] = append(shares[i], r.busy/((before.busy+after.busy)/2))
			before = after
		}
	}
	fmt.Printf("%-34s", label)
	for i := range all {
		slices.Sort(shares[i])
		fmt.Printf(" %8.1f %4.0f%% %5.1f%%", best[i].wall, 100*shares[i][b.rounds/2], 100*best[i].busy/top.busy)
	}
	fmt.Println()
}

func header(title string, columns ...string) {
	fmt.Printf("\n%-34s", title)
	for _, c := range columns {
		fmt.Printf(" %21s", c)
	}
	fmt.Println()
}
