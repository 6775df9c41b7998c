package ui

import (
	"slices"
	"testing"

	"kinora/app/history"
	"kinora/inference"
	"kinora/ui/widgets"
)

func TestCaptionsSayWhatDiffers(t *testing.T) {
	r := newRig(t, newFake())
	base := inference.Request{Model: "starter", Prompt: "a cat", Width: 64, Height: 48, Frames: 9, Steps: 8, Seed: 1, Sampler: "euler", Guidance: 4}
	with := func(change func(*inference.Request)) history.Entry {
		if got := describe(r.Window, inference.Request{Model: "starter", Width: 64, Height: 48, Frames: 1, Steps: 1}); got != "starter  ·  64 × 48  ·  1 frame  ·  1 step  ·  seed 0" {
			t.Errorf("%q", got)
		}
		q := base
		change(&q)
		return history.Entry{Request: q}
	}
	same := with(func(*inference.Request) {})
	for name, c := range map[string]struct {
		of   []history.Entry
		want []string
	}{
		"prompts": {[]history.Entry{same, with(func(q *inference.Request) { q.Prompt, q.Seed = "a dog", 2 })}, []string{"a cat", "a dog"}},
		"seeds":   {[]history.Entry{same, with(func(q *inference.Request) { q.Seed = 2 })}, []string{"seed 1", "seed 2"}},
		"models and steps": {[]history.Entry{same, with(func(q *inference.Request) { q.Model, q.Steps = "large", 4 })},
			[]string{"starter  ·  8 steps", "large  ·  4 steps"}},
		"LoRAs": {[]history.Entry{same, with(func(q *inference.Request) { q.LoRAs = []inference.LoRA{{File: "/l/ink.safetensors", Strength: .5}} })},
			[]string{"a cat", "ink 0.5"}},
		"nothing": {[]history.Entry{same, same}, []string{"a cat", "a cat"}},
	} {
		if got := captions(r.Window, c.of); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	q := base
	q.LoRAs = []inference.LoRA{{File: "ink", Strength: 1}}
	if got := describe(r.Window, q); got != "starter  ·  ink 1  ·  64 × 48  ·  9 frames  ·  8 steps  ·  seed 1  ·  euler  ·  guidance 4" {
		t.Errorf("%q", got)
	}
}

// A clip of a picture alone is known by the picture: its card and its title were empty.
func TestClipsWithoutWordsHaveNames(t *testing.T) {
	for _, c := range []struct{ prompt, image, name, file string }{
		{"a red shoe", "/p/shoe.png", "a red shoe", "a-red-shoe"},
		{"", "/p/Red Shoe.png", "Red Shoe.png", "red-shoe"},
		{" ", "/p/鞋.jpg", "鞋.jpg", "鞋"},
		{"", "", "", "clip"},
		{"!", "/p/shoe.png", "!", "clip"},
	} {
		r := inference.Request{Prompt: c.prompt}
		if name, file := called(r, c.image), fileName(history.Entry{Request: r, ImagePath: c.image}); name != c.name || file != c.file {
			t.Errorf("%+v: %q and %q", c, name, file)
		}
	}
}

// Clips that are compared are thinned where all of them would not fit into memory.
func TestComparedClipsFitInMemory(t *testing.T) {
	entries := func(n, w, h, frames int) []history.Entry {
		return slices.Repeat([]history.Entry{{Request: inference.Request{Width: w, Height: h, Frames: frames}}}, n)
	}
	for _, c := range []struct {
		of   []history.Entry
		want int
	}{
		{entries(1, 1280, 704, 401), 1}, {entries(10, 256, 192, 81), 1}, {entries(3, 1280, 704, 121), 1},
		{entries(4, 1280, 704, 121), 2}, {entries(10, 1280, 704, 121), 2}, {entries(40, 1280, 704, 121), 4},
	} {
		if got := coarseness(c.of); got != c.want {
			t.Errorf("%d clips of %+v: %d, want %d", len(c.of), c.of[0].Request, got, c.want)
		}
	}
	f := &widgets.Footage{Width: 5, Height: 4, FPS: 8, Frames: [][]byte{make([]byte, 60)}}
	for i := range f.Frames[0] {
		f.Frames[0][i] = byte(i / 3)
	}
	if got := thin(f, 2); got.Width != 2 || got.Height != 2 || got.FPS != 8 || string(got.Frames[0]) != "\x00\x00\x00\x02\x02\x02\x0a\x0a\x0a\x0c\x0c\x0c" {
		t.Errorf("%+v", got)
	}
	if thin(f, 1) != f || thin(f, 6) != f || thin(nil, 2) != nil {
		t.Error("changed without need")
	}
}
