package job

import (
	"time"

	"kinora/inference"
)

// A pace measures how fast the work goes. The share that is done is weighed by
// cost, so the speed of the last steps tells the time of the rest.
type pace struct {
	last  time.Time
	done  float64
	stage inference.Stage
	speed float64 // share of the work per second
}

// eta takes a report and returns the time left, 0 while that is not known.
func (p *pace) eta(now time.Time, r inference.Progress) time.Duration {
	dt, dd := now.Sub(p.last).Seconds(), r.Done-p.done
	switch {
	case p.last.IsZero():
		p.last, p.done, p.stage = now, r.Done, r.Stage
	case dd > 0 && dt > 0:
		// The first stretch stands alone; later ones count by what they weigh, so
		// that many short steps do not drown a long one.
		v := dd / dt
		if p.speed > 0 {
			w := min(0.5, max(0.1, dd*5))
			v = 1 / ((1-w)/p.speed + w/v)
		}
		p.last, p.done, p.stage, p.speed = now, r.Done, r.Stage, v
	}
	if p.speed == 0 || r.Done >= 1 {
		return 0
	}
	left := (1-p.done)/p.speed - now.Sub(p.last).Seconds()
	return time.Duration(max(left, 0.1) * float64(time.Second))
}
