package widgets

import "time"

// A Ticker calls f at about the given interval, on the goroutine that draws, until
// stop is called.
type Ticker func(interval time.Duration, f func()) (stop func())

// transport is the arithmetic of playing: which frame is due. It knows the time
// but draws nothing.
type transport struct {
	now    func() time.Time
	frames int     // on the common time line
	fps    float64 // of the common time line
	speed  float64
	loop   bool

	playing bool
	at      int // frame shown
	from    int // frame shown when since was set
	since   time.Time
}

// play starts at the frame shown, or at the first when that is the last.
func (t *transport) play() {
	if t.frames < 1 {
		return
	}
	if t.at >= t.frames-1 {
		t.at = 0
	}
	t.playing = true
	t.anchor()
}

func (t *transport) pause() { t.playing = false }

// anchor makes the frame shown due now.
func (t *transport) anchor() { t.from, t.since = t.at, t.now() }

// seek shows frame i and goes on from there.
func (t *transport) seek(i int) {
	t.at = max(min(i, t.frames-1), 0)
	t.anchor()
}

// tick moves to the frame that is due.
func (t *transport) tick() {
	if !t.playing || t.frames < 1 {
		return
	}
	const early = .05 // of a frame: ticks come just before the frame as often as just after
	i := t.from + int(t.now().Sub(t.since).Seconds()*t.fps*t.speed+early)
	switch {
	case i < t.frames:
		t.at = i
	case t.loop:
		t.at = i % t.frames
	default:
		t.at = t.frames - 1
		t.pause()
	}
}

// set takes another time line and keeps the place on it.
func (t *transport) set(frames int, fps float64) {
	t.frames, t.fps = frames, fps
	t.seek(t.at)
}

// interval is how often to look at the clock: twice a frame keeps the pace even.
func (t *transport) interval() time.Duration {
	return max(time.Duration(float64(time.Second)/(2*t.fps*t.speed)), 16*time.Millisecond)
}
