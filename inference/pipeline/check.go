package pipeline

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"kinora/inference"
	"kinora/inference/picture"
	"kinora/inference/sampler"
)

// The widest ranges that are taken at all. Whether a clip fits the machine is for
// the plan to say.
const (
	maxSide   = 4096
	maxFrames = 2049
	maxPrompt = 1 << 20
)

// Check implements inference.Engine.
func (p *Pipeline) Check(r inference.Request) (inference.Request, []string, error) {
	m, err := p.find(r.Model)
	if err != nil {
		return r, nil, err
	}
	r = complete(r, m.Default)
	r.Model = m.Name
	var notes []string
	if r.Image == nil {
		r.Area = 0
	} else if r, notes, err = fitImage(r, m); err != nil {
		return r, notes, err
	}
	if err := check(r, m); err != nil {
		return r, notes, err
	}
	if strings.TrimSpace(r.Prompt) == "" && r.Image == nil {
		return r, notes, invalid("the prompt is empty; write what the clip should show")
	}
	for _, l := range r.LoRAs {
		_, closer, err := p.lib.Adapter(l.File)
		if err != nil {
			return r, notes, err
		}
		closer()
		if few, ok := inference.PresetHinted(l.File); ok && l.Strength != 0 && r.Sampler != "dmd" {
			notes = append(notes, fmt.Sprintf("%s is by its name a LoRA for few steps: the preset %s sets its %d steps, without guidance.", l.File, few.Name, few.Steps))
		}
	}
	worded, negative := p.lib.Wording(m.Name, r.Prompt), p.lib.Wording(m.Name, r.Negative)
	for _, note := range []string{heard(m.Title, worded), weak(m.Title, worded)} {
		if note != "" {
			notes = append(notes, note)
		}
	}
	for _, text := range []struct{ what, text string }{{"prompt", worded.Text}, {"negative prompt", negative.Text}} {
		if n, most := p.lib.Count(m.Name, text.text); n > most {
			notes = append(notes, fmt.Sprintf("The %s is too long for %s: it reads the first %d of %d tokens.", text.what, m.Title, most, n))
		}
	}
	return r, notes, nil
}

func (p *Pipeline) find(name string) (inference.Model, error) {
	all := p.lib.Models()
	i := 0
	if name != "" {
		i = slices.IndexFunc(all, func(m inference.Model) bool { return m.Name == name })
	}
	if i < 0 || i >= len(all) {
		var have []string
		for _, m := range all {
			have = append(have, m.Name)
		}
		return inference.Model{}, fmt.Errorf("%w: %q; there are: %s", inference.ErrNoModel, name, strings.Join(have, ", "))
	}
	return all[i], nil
}

// complete fills what r leaves open.
func complete(r, d inference.Request) inference.Request {
	fill(&r.Width, d.Width)
	fill(&r.Height, d.Height)
	fill(&r.Frames, d.Frames)
	fill(&r.FPS, d.FPS)
	fill(&r.Steps, d.Steps)
	fill(&r.Guidance, d.Guidance)
	if r.GuidanceFrom == 0 {
		fill(&r.GuidanceTo, d.GuidanceTo)
	}
	if r.GuidanceTo == 1 && d.GuidanceTo == 0 {
		r.GuidanceTo = 0 // one way to say what the model does anyway
	}
	fill(&r.Sampler, d.Sampler)
	fill(&r.Shift, d.Shift)
	if len(r.Sigmas) > 0 {
		r.Steps = len(r.Sigmas) - 1
	}
	if r.Negative == "" && !r.NoNegative {
		r.Negative = d.Negative
	}
	return r
}

func fill[T comparable](to *T, from T) {
	var zero T
	if *to == zero {
		*to = from
	}
}

func check(r inference.Request, m inference.Model) error {
	switch {
	case len(r.Prompt) > maxPrompt || len(r.Negative) > maxPrompt:
		return invalid("the prompt is longer than %d kB; shorten it", maxPrompt>>10)
	case !utf8.ValidString(r.Prompt) || !utf8.ValidString(r.Negative):
		return invalid("the prompt is not valid UTF-8 text")
	case r.Width < 1 || r.Height < 1 || r.Width > maxSide || r.Height > maxSide:
		return invalid("a size of %d×%d; each side may be 1 to %d", r.Width, r.Height, maxSide)
	case m.SizeStep > 0 && (r.Width%m.SizeStep != 0 || r.Height%m.SizeStep != 0):
		return sizeError(r.Width, r.Height, m.SizeStep)
	case r.Frames < 1 || r.Frames > maxFrames:
		return invalid("%d frames; choose 1 to %d", r.Frames, maxFrames)
	case r.FPS < 1 || r.FPS > 120:
		return invalid("%d frames a second; choose 1 to 120", r.FPS)
	case !(r.Guidance >= 0 && r.Guidance <= 100):
		return invalid("guidance %g; choose 1 (off) to 100", r.Guidance)
	case !(r.GuidanceFrom >= 0 && r.GuidanceFrom <= 1 && r.GuidanceTo >= 0 && r.GuidanceTo <= 1) ||
		r.GuidanceFrom > 0 && r.GuidanceTo > 0 && r.GuidanceFrom >= r.GuidanceTo:
		return invalid("guidance over the part %g … %g of the steps; both are 0 to 1, the first smaller", r.GuidanceFrom, r.GuidanceTo)
	case !(r.Reuse >= 0 && r.Reuse <= 10):
		return invalid("steps are left out at changes of %g; choose 0 (none) to 10", r.Reuse)
	case r.Window < inference.AutoWindow:
		return invalid("an attention window of %d frames; choose 0 (as trained), more, or -1 to have it found out", r.Window)
	case r.Image != nil && !m.ImageToVideo:
		return invalid("%s cannot start from a picture", m.Title)
	}
	if err := checkLoRAs(r.LoRAs); err != nil {
		return err
	}
	a, ok := sampler.Named(r.Sampler)
	if !ok {
		return invalid("no sampler %q; there are: %s", r.Sampler, strings.Join(Samplers(), ", "))
	}
	_, err := a.Plan(r.Steps, r.Shift, r.Sigmas)
	return err
}

// Samplers lists the samplers' names, in the order menus show them.
func Samplers() []string {
	var names []string
	for _, a := range sampler.All {
		names = append(names, a.Name)
	}
	return names
}

// fitImage takes the picture's aspect ratio over, at the area that was asked for. A
// request that went through it before stays as it is: the size is a little smaller
// than the area, and would shrink again.
func fitImage(r inference.Request, m inference.Model) (inference.Request, []string, error) {
	i := r.Image
	if i.Width < 1 || i.Height < 1 || len(i.Pix) != 3*i.Width*i.Height {
		return r, nil, invalid("the picture is empty")
	}
	if r.Width < 1 || r.Height < 1 || r.Width > maxSide || r.Height > maxSide || m.SizeStep < 1 {
		return r, nil, nil // check says so
	}
	fit := func(area int) (w, h int) { return picture.BestSize(i.Width, i.Height, m.SizeStep, area) }
	if r.Area > 0 && r.Area <= maxSide*maxSide {
		if w, h := fit(r.Area); w == r.Width && h == r.Height {
			return r, nil, nil
		}
	}
	r.Area = r.Width * r.Height
	w, h := fit(r.Area)
	var notes []string
	if w != r.Width || h != r.Height {
		notes = append(notes, fmt.Sprintf("The clip is made at %d×%d to keep the picture's shape.", w, h))
	}
	r.Width, r.Height = w, h
	return r, notes, nil
}

func invalid(format string, a ...any) error {
	return fmt.Errorf("%w: %s", inference.ErrInvalid, fmt.Sprintf(format, a...))
}

// sizeError names the allowed sizes nearest to the one refused.
func sizeError(w, h, step int) error {
	near := func(v int) (lo, hi int) { return max(step, v/step*step), max(step, (v+step-1)/step*step) }
	wl, wh := near(w)
	hl, hh := near(h)
	sizes := []string{fmt.Sprintf("%d×%d", wl, hl)}
	if big := fmt.Sprintf("%d×%d", wh, hh); big != sizes[0] {
		sizes = append(sizes, big)
	}
	return invalid("a size of %d×%d; width and height must be multiples of %d, and %s is nearest",
		w, h, step, strings.Join(sizes, " or "))
}

// guidedShare is how many of n steps take the second pass, as a part of them.
func guidedShare(r inference.Request, n int) float64 {
	var with float64
	for i := range n {
		if guided(r, i, n) {
			with++
		}
	}
	return with / math.Max(1, float64(n))
}

// guided reports whether step i of n takes the second pass.
func guided(r inference.Request, i, n int) bool {
	if r.Guidance == 1 {
		return false
	}
	to := r.GuidanceTo
	if to == 0 {
		to = 1
	}
	at := float64(i) / math.Max(1, float64(n))
	return at >= r.GuidanceFrom && at < to
}
