package widgets

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Key acts on a key and reports whether it had a use for it.
func (p *Player) Key(k fyne.KeyName) bool {
	switch k {
	case fyne.KeySpace:
		p.Toggle()
	case fyne.KeyLeft:
		p.Step(-1)
	case fyne.KeyRight:
		p.Step(1)
	case fyne.KeyHome:
		p.Seek(0)
	case fyne.KeyEnd:
		p.Seek(p.t.frames - 1)
	case fyne.KeyL:
		p.SetLoop(!p.t.loop)
	default:
		return false
	}
	return true
}

func (p *Player) key(k *fyne.KeyEvent) {
	if !p.Key(k.Name) && p.OnKey != nil {
		p.OnKey(k)
	}
}

// paint shows the frame that is due, on every screen and on the bar.
func (p *Player) paint() {
	for i := range p.tracks {
		p.screens[i].Frame(p.frame(i))
	}
	icon := fynetheme.MediaPlayIcon()
	if p.t.playing {
		icon = fynetheme.MediaPauseIcon()
	}
	if p.play.Icon != icon {
		p.play.SetIcon(icon)
	}
	able := p.t.frames > 1
	for _, b := range []*Button{p.play, p.back, p.next} {
		if able && b.Disabled() {
			b.Enable()
		} else if !able && !b.Disabled() {
			b.Disable()
		}
	}
	if able == p.seek.Disabled() {
		if able {
			p.seek.Enable()
		} else {
			p.seek.Disable()
		}
	}
	p.seek.Put(float64(p.t.at))
	if p.t.frames < 1 {
		p.clock.SetText("")
		return
	}
	p.clock.SetText(fmt.Sprintf("%.2f / %.2f s   %d / %d", float64(p.t.at)/p.t.fps, float64(p.t.frames)/p.t.fps, p.t.at+1, p.t.frames))
}

// CreateRenderer is for the toolkit.
func (p *Player) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewBorder(nil, p.bar, nil, nil, p.stage))
}
