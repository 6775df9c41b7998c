package widgets

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/ui/theme"
)

// speeds that the player's speed button walks through.
var speeds = []float64{1, 2, .25, .5}

// A Track is footage with a caption.
type Track struct {
	Caption string
	Footage *Footage
}

// PlayerWords are what the player says, in the reader's language.
type PlayerWords struct{ Play, Back, Next, Loop, Speed, Fit string }

// Player plays one clip, or several side by side in step.
type Player struct {
	widget.BaseWidget
	OnLoop func(bool)
	OnKey  func(*fyne.KeyEvent) // keys it has no use for

	ticker  Ticker
	stop    func()
	t       transport
	tracks  []Track
	screens []*Screen
	stage   *fyne.Container
	empty   fyne.CanvasObject
	actual  bool

	play, back, next, loop, speed, fit *Button
	seek                               *Slider
	clock                              *Text
	bar                                *fyne.Container
}

// NewPlayer returns an empty player; empty is shown while there is nothing to play.
func NewPlayer(ticker Ticker, now func() time.Time, w PlayerWords, hints Hinter, empty fyne.CanvasObject) *Player {
	p := &Player{ticker: ticker, empty: empty, t: transport{now: now, fps: 15, speed: 1, loop: true}}
	p.play = NewIcon(fynetheme.MediaPlayIcon(), w.Play, hints, p.Toggle)
	p.back = NewIcon(theme.StepBack.Resource(), w.Back, hints, func() { p.Step(-1) })
	p.next = NewIcon(theme.StepNext.Resource(), w.Next, hints, func() { p.Step(1) })
	p.loop = NewIcon(theme.Loop.Resource(), w.Loop, hints, func() { p.SetLoop(!p.t.loop) })
	p.speed = NewButton("1×", nil, func() { p.SetSpeed(p.after()) })
	p.speed.Importance, p.speed.Help, p.speed.Hints = widget.LowImportance, w.Speed, hints
	p.fit = NewIcon(theme.Actual.Resource(), w.Fit, hints, func() { p.SetActual(!p.actual) })
	p.clock = NewText("", fynetheme.SizeNameCaptionText, theme.Muted)
	p.seek = NewSlider(0, 1)
	p.seek.OnChanged = func(v float64) { p.Seek(int(v + .5)) }
	p.seek.OnKey = p.key
	p.bar = Column(0, p.seek, Fill(8, Row(0, p.back, p.play, p.next), p.clock, Row(0, p.speed, p.loop, p.fit)))
	p.stage = container.NewStack()
	p.Load()
	p.SetLoop(true)
	p.ExtendBaseWidget(p)
	return p
}

func (p *Player) after() float64 {
	for i, s := range speeds {
		if s == p.t.speed {
			return speeds[(i+1)%len(speeds)]
		}
	}
	return 1
}

// Load takes the tracks to play, from the start. None empties the player.
func (p *Player) Load(tracks ...Track) {
	p.tracks, p.screens, p.stage.Objects = tracks, nil, nil
	cells := container.NewAdaptiveGrid(1)
	if len(tracks) > 1 {
		cells = container.NewGridWithColumns(columns(len(tracks)))
	}
	for i := range max(len(tracks), 1) {
		s := NewScreen()
		s.OnTapped, s.OnKey, s.actual = p.Toggle, p.key, p.actual
		p.screens = append(p.screens, s)
		if len(tracks) == 0 {
			s.Empty = p.empty
			s.OnTapped, s.OnKey = nil, nil
		}
		if len(tracks) < 2 {
			cells.Add(s)
			continue
		}
		c := NewText(tracks[i].Caption, fynetheme.SizeNameCaptionText, theme.Muted)
		c.Align = fyne.TextAlignCenter
		cells.Add(container.NewBorder(nil, c, nil, nil, s))
	}
	p.stage.Objects = []fyne.CanvasObject{cells}
	p.t.at = 0
	p.line()
	for i, t := range tracks {
		p.screens[i].Load(t.Footage, 0)
	}
	p.stage.Refresh()
	p.paint()
}

// Update replaces the footage of the first track and plays on from where it was.
func (p *Player) Update(f *Footage) {
	if len(p.tracks) != 1 {
		p.Load(Track{Footage: f})
		return
	}
	p.tracks[0].Footage = f
	p.line()
	p.screens[0].Load(f, p.frame(0))
	p.paint()
}

func columns(n int) int {
	c := 1
	for c*c < n {
		c++
	}
	return c
}

// line makes the common time line as long as the longest track.
func (p *Player) line() {
	fps, seconds := 0., 0.
	for _, t := range p.tracks {
		if f := t.Footage; f.Whole() {
			rate := float64(max(f.FPS, 1))
			fps, seconds = max(fps, rate), max(seconds, float64(len(f.Frames))/rate)
		}
	}
	if fps == 0 {
		p.Pause()
		p.t.set(0, 15)
	} else {
		p.t.set(int(seconds*fps+.5), fps)
	}
	p.seek.Max = float64(max(p.t.frames-1, 1))
}

// frame is the frame of track i that is due.
func (p *Player) frame(i int) int {
	if f := p.tracks[i].Footage; f.Whole() {
		return int(float64(p.t.at)*float64(max(f.FPS, 1))/p.t.fps + 1e-6)
	}
	return 0
}

// At is the frame shown, counted along the common time line.
func (p *Player) At() int { return p.t.at }

// Playing reports whether the player plays.
func (p *Player) Playing() bool { return p.t.playing }

// Toggle plays or pauses.
func (p *Player) Toggle() {
	if p.t.playing {
		p.Pause()
	} else {
		p.Play()
	}
}

// Play plays.
func (p *Player) Play() {
	p.t.play()
	p.run()
	p.paint()
}

// Pause pauses.
func (p *Player) Pause() {
	p.t.pause()
	p.run()
	p.paint()
}

// run starts or stops the ticker to fit.
func (p *Player) run() {
	if p.stop != nil {
		p.stop()
		p.stop = nil
	}
	if p.t.playing {
		p.stop = p.ticker(p.t.interval(), p.tick)
	}
}

func (p *Player) tick() {
	was := p.t.at
	p.t.tick()
	if !p.t.playing {
		p.run()
	}
	if p.t.at != was || !p.t.playing {
		p.paint()
	}
}

// Step pauses and moves by n frames.
func (p *Player) Step(n int) {
	if p.t.frames < 1 {
		return
	}
	p.Pause()
	p.Seek((p.t.at + n + p.t.frames) % p.t.frames)
}

// Seek moves to frame i.
func (p *Player) Seek(i int) {
	p.t.seek(i)
	p.paint()
}

// SetLoop says whether to begin anew at the end.
func (p *Player) SetLoop(on bool) {
	changed := p.t.loop != on
	p.t.loop = on
	p.loop.Importance = widget.LowImportance
	if on {
		p.loop.Importance = widget.MediumImportance
	}
	p.loop.Refresh()
	if changed && p.OnLoop != nil {
		p.OnLoop(on)
	}
}

// Seeker is the slider along the clip.
func (p *Player) Seeker() *Slider { return p.seek }

// LoopButton switches looping.
func (p *Player) LoopButton() *Button { return p.loop }

// SetSpeed plays faster or slower.
func (p *Player) SetSpeed(s float64) {
	p.t.speed = s
	p.t.anchor()
	p.speed.SetText(fmt.Sprintf("%g×", s))
	p.run()
}

// SetActual shows pixels as pixels.
func (p *Player) SetActual(on bool) {
	p.actual = on
	p.fit.Importance = widget.LowImportance
	if on {
		p.fit.Importance = widget.MediumImportance
	}
	p.fit.Refresh()
	for _, s := range p.screens {
		s.SetActual(on)
	}
}
