package cpu

import (
	"time"

	"kinora/inference/device"
)

// Ceilings measures what all threads together can do, in about a second.
func (c *cpu) Ceilings() device.Ceilings {
	const rounds = 1 << 22
	threads := c.pool.Threads()
	each := make([]float64, threads)
	peak := func() { c.pool.Run(threads, func(i int) { each[i] = c.pool.Peak(rounds) }) }
	const n = 256 << 20 // bytes, larger than any cache
	from, to := make([]byte, n), make([]byte, n)
	pieces := 4 * threads
	move := func() {
		c.pool.Run(pieces, func(i int) { copy(to[n*i/pieces:n*(i+1)/pieces], from[n*i/pieces:n*(i+1)/pieces]) })
	}
	var out device.Ceilings
	took := best(peak)
	for _, v := range each {
		out.F32 += v / took
	}
	out.Copy = 2 * n / best(move)
	return out
}

// best is the shortest of a few runs, in seconds.
func best(f func()) float64 {
	least := 0.0
	for i := range 4 {
		begun := time.Now()
		f()
		if s := time.Since(begun).Seconds(); i == 1 || i > 1 && s < least {
			least = s // the first warms up
		}
	}
	return max(least, 1e-9)
}

// Held is the memory of a program and what it shares, without weights that stay in
// their files.
func (p *program) Held() int64 { return p.own + p.shared.held }
