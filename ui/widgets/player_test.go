package widgets

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// stopped is a clock and a ticker moved by hand.
type stopped struct {
	at    time.Time
	ticks []func()
	every time.Duration
}

func (s *stopped) tick(d time.Duration, f func()) func() {
	n := len(s.ticks)
	s.ticks, s.every = append(s.ticks, f), d
	return func() { s.ticks[n] = nil }
}

func (s *stopped) move(d time.Duration) {
	for end := s.at.Add(d); s.at.Before(end); {
		s.at = s.at.Add(s.every)
		for _, f := range s.ticks {
			if f != nil {
				f()
			}
		}
	}
}

func (s *stopped) running() (n int) {
	for _, f := range s.ticks {
		if f != nil {
			n++
		}
	}
	return n
}

// counted is footage whose frame i is all of colour i.
func counted(frames, fps int) *Footage {
	f := &Footage{Width: 4, Height: 2, FPS: fps}
	for i := range frames {
		b := make([]byte, 3*4*2)
		for k := range b {
			b[k] = byte(i)
		}
		f.Frames = append(f.Frames, b)
	}
	return f
}

func newPlayer(t *testing.T) (*Player, *stopped) {
	dress(t)
	s := &stopped{at: time.Unix(100, 0)}
	p := NewPlayer(s.tick, func() time.Time { return s.at }, PlayerWords{}, nil, canvas.NewText("empty", nil))
	w := test.NewWindow(p)
	w.Resize(fyne.NewSize(400, 300))
	return p, s
}

func TestPlayerKeepsTime(t *testing.T) {
	p, s := newPlayer(t)
	p.Load(Track{Footage: counted(10, 10)})
	p.Play()
	s.move(350 * time.Millisecond)
	if p.At() != 3 {
		t.Errorf("after 0.35 s at 10 a second: frame %d, want 3", p.At())
	}
	if r, _, _, _ := p.screens[0].Picture().At(0, 0).RGBA(); r>>8 != 3 {
		t.Errorf("the screen shows frame %d", r>>8)
	}
	s.move(700 * time.Millisecond)
	if p.At() != 0 || !p.Playing() {
		t.Errorf("looping: frame %d, playing %v", p.At(), p.Playing())
	}
	p.SetLoop(false)
	s.move(2 * time.Second)
	if p.At() != 9 || p.Playing() || s.running() != 0 {
		t.Errorf("at the end: frame %d, playing %v, %d tickers", p.At(), p.Playing(), s.running())
	}
	p.SetSpeed(.5)
	p.Play()
	s.move(time.Second)
	if p.At() != 5 {
		t.Errorf("one second at half speed: frame %d, want 5", p.At())
	}
}

func TestPlayerDoesNotDriftWhenTicksAreLate(t *testing.T) {
	p, s := newPlayer(t)
	p.Load(Track{Footage: counted(100, 25)})
	p.Play()
	s.at = s.at.Add(2 * time.Second) // nothing ran for two seconds
	s.move(10 * time.Millisecond)
	if p.At() < 50 || p.At() > 51 {
		t.Errorf("frame %d, want 50", p.At())
	}
}

func TestPlayerStepsAndKeys(t *testing.T) {
	p, s := newPlayer(t)
	p.Load(Track{Footage: counted(5, 10)})
	p.Play()
	for _, c := range []struct {
		key  fyne.KeyName
		want int
	}{
		{fyne.KeyRight, 1}, {fyne.KeyRight, 2}, {fyne.KeyLeft, 1}, {fyne.KeyEnd, 4}, {fyne.KeyRight, 0}, {fyne.KeyLeft, 4}, {fyne.KeyHome, 0},
	} {
		if !p.Key(c.key) || p.At() != c.want {
			t.Errorf("after %s: frame %d, want %d", c.key, p.At(), c.want)
		}
	}
	if p.Playing() || s.running() != 0 {
		t.Error("stepping does not pause")
	}
	if p.Key(fyne.KeySpace); !p.Playing() {
		t.Error("Space does not play")
	}
	if p.Key(fyne.KeyDelete) {
		t.Error("Del is not the player's")
	}
	p.seek.SetValue(3)
	if p.At() != 3 {
		t.Errorf("scrubbed to %d, want 3", p.At())
	}
}

func TestPlayerInStep(t *testing.T) {
	p, s := newPlayer(t)
	p.Load(Track{"slow", counted(5, 5)}, Track{"fast", counted(30, 20)}, Track{"broken", &Footage{Width: 9, Height: 9, FPS: 5, Frames: [][]byte{{1}}}})
	if p.t.frames != 30 {
		t.Fatalf("the time line has %d frames, want 30 (1.5 s at 20)", p.t.frames)
	}
	p.Play()
	s.move(600 * time.Millisecond)
	if p.screens[0].Shown() != 3 || p.screens[1].Shown() != 12 || p.screens[2].Shown() != -1 {
		t.Errorf("frames %d, %d, %d; want 3, 12 and none", p.screens[0].Shown(), p.screens[1].Shown(), p.screens[2].Shown())
	}
}

func TestPlayerTakesBetterFootageInItsStride(t *testing.T) {
	p, s := newPlayer(t)
	p.Load(Track{Footage: counted(10, 10)})
	p.Play()
	s.move(450 * time.Millisecond)
	p.Update(counted(20, 20)) // twice as fine
	if !p.Playing() || p.At() != 4 {
		t.Errorf("playing %v at %d", p.Playing(), p.At())
	}
	p.Update(nil)
	if p.Playing() || p.screens[0].Picture() != nil {
		t.Error("footage that is gone is still shown")
	}
}

func TestScreenPaintsOnlyWhatChanges(t *testing.T) {
	p, s := newPlayer(t)
	p.Load(Track{Footage: counted(10, 5)})
	before := p.screens[0].repainted
	p.Play()
	s.move(time.Second)
	if n := p.screens[0].repainted - before; n != 5 {
		t.Errorf("%d paintings for 5 frames", n)
	}
	picture := p.screens[0].Picture()
	if n := testing.AllocsPerRun(50, func() { p.screens[0].Frame((p.screens[0].Shown() + 1) % 10) }); n > 8 {
		t.Errorf("%v allocations a frame", n)
	}
	if p.screens[0].Picture() != picture {
		t.Error("every frame gets a picture of its own")
	}
}
