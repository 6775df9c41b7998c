package cpu

import "runtime/debug"

// A ledger counts the bytes that a device holds. It also sees to it that what
// programs gave back is the system's again before much more is taken: a phase that
// ends and the one that begins are not to be there at once.
type ledger struct {
	held, peak int64
	dropped    int64 // given back, but perhaps not yet collected
}

// much is from where on memory is worth a collection of its own.
const much = 64 << 20

func (l *ledger) take(n int64) {
	if l.dropped >= much && n >= much {
		debug.FreeOSMemory()
		l.dropped = 0
	}
	l.held += n
	l.peak = max(l.peak, l.held)
}

func (l *ledger) give(n int64) {
	l.held -= n
	l.dropped += n
}

// pass counts what is taken and given back at once.
func (l *ledger) pass(n int64) { l.peak = max(l.peak, l.held+n) }

// Held implements device.Ledger.
func (c *cpu) Held() (now, peak int64) { return c.ledger.held, c.ledger.peak }

// OnHost implements device.HostSharer.
func (c *cpu) OnHost(n int64) {
	if n < 0 {
		c.ledger.give(-n)
	} else {
		c.ledger.take(n)
	}
}

// Mark implements device.Ledger.
func (c *cpu) Mark() { c.ledger.peak = c.ledger.held }
