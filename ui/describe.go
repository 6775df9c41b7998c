package ui

import (
	"fmt"
	"path/filepath"
	"strings"

	"kinora/app/export"
	"kinora/app/history"
	"kinora/inference"
)

// A facet is one thing that clips can differ in, in words; empty when there is
// nothing to say of it.
type facet func(w *Window, r inference.Request) string

var facets = []facet{
	func(w *Window, r inference.Request) string {
		if len(w.compose.list) < 2 { // who has several models compares them
			return ""
		}
		return r.Model
	},
	func(_ *Window, r inference.Request) string {
		var l []string
		for _, it := range r.LoRAs {
			l = append(l, fmt.Sprintf("%s %g", loraName(it.File), it.Strength))
		}
		return strings.Join(l, "  ·  ")
	},
	func(_ *Window, r inference.Request) string { return fmt.Sprintf("%d × %d", r.Width, r.Height) },
	func(w *Window, r inference.Request) string {
		return count(r.Frames, w.say("1 frame"), w.say("%d frames", r.Frames))
	},
	func(w *Window, r inference.Request) string {
		return count(r.Steps, w.say("1 step"), w.say("%d steps", r.Steps))
	},
	func(w *Window, r inference.Request) string { return w.say("seed %d", r.Seed) },
	func(_ *Window, r inference.Request) string { return r.Sampler },
	func(w *Window, r inference.Request) string {
		if r.Guidance <= 0 {
			return ""
		}
		return w.say("guidance %g", r.Guidance)
	},
}

// count says how many there are.
func count(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// describe is what a clip was made with, in a line.
func describe(w *Window, r inference.Request) string {
	var parts []string
	for _, f := range facets {
		if s := f(w, r); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, "  ·  ")
}

// called is what a clip is known by: its prompt, or else the picture it starts from.
func called(r inference.Request, imagePath string) string {
	if strings.TrimSpace(r.Prompt) != "" || imagePath == "" {
		return r.Prompt
	}
	return filepath.Base(imagePath)
}

// fileName is what its file is called when it is exported, without an ending.
func fileName(e history.Entry) string {
	name := called(e.Request, e.ImagePath)
	if strings.TrimSpace(e.Request.Prompt) == "" {
		name = strings.TrimSuffix(name, filepath.Ext(name))
	}
	return or(export.Name(name), "clip")
}

// captions tell clips that are compared from one another: by their prompts, or, where
// those are the same, by what else differs.
func captions(w *Window, of []history.Entry) []string {
	out := make([]string, len(of))
	differ := func(f func(inference.Request) string) bool {
		for _, e := range of {
			if f(e.Request) != f(of[0].Request) {
				return true
			}
		}
		return false
	}
	if !differ(func(r inference.Request) string { return r.Prompt }) {
		for _, f := range facets {
			if !differ(func(r inference.Request) string { return f(w, r) }) {
				continue
			}
			for i, e := range of {
				if s := f(w, e.Request); s != "" {
					out[i] = strings.TrimPrefix(out[i]+"  ·  "+s, "  ·  ")
				}
			}
		}
	}
	for i, e := range of {
		if out[i] == "" {
			out[i] = called(e.Request, e.ImagePath)
		}
	}
	return out
}
