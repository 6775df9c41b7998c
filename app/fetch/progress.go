package fetch

import "time"

// The stages of a file.
const (
	Fetching = "fetching"
	Checking = "checking"
)

// Progress is how far a file is.
type Progress struct {
	Stage string
	Bytes int64 // that are there, those of earlier tries included; while checking, that are checked
	Total int64
	Rate  float64       // bytes a second over the last seconds; 0: not known
	ETA   time.Duration // 0: not known
}

// beat is how often progress is told.
const beat = 200 * time.Millisecond

// A pace is the speed over the last seconds.
type pace struct {
	at    [32]time.Time
	bytes [32]int64
	n     int
}

// add takes the bytes received so far and returns bytes a second.
func (p *pace) add(now time.Time, bytes int64) float64 {
	i := p.n % len(p.at)
	oldest := 0
	if p.n >= len(p.at) {
		oldest = i
	}
	since, from := p.at[oldest], p.bytes[oldest]
	p.at[i], p.bytes[i] = now, bytes
	p.n++
	if p.n < 3 || !now.After(since) {
		return 0
	}
	return float64(bytes-from) / now.Sub(since).Seconds()
}
