package ui

import (
	"context"
	"errors"
	"image"
	"path/filepath"
	"slices"
	"time"

	"kinora/app/history"
	"kinora/app/job"
	"kinora/app/studio"
)

// keepThumbs is how many thumbnails stay in memory.
const keepThumbs = 600

// thumbs fetches thumbnails in the background and keeps the last few hundred.
type thumbs struct {
	w     *Window
	known map[job.ID]image.Image
	asked map[job.ID]bool
	order []job.ID
	ready func()
	wants []job.ID // newest last: what was scrolled to last is fetched first
	busy  bool
}

// get returns a thumbnail, or nil and fetches it.
func (t *thumbs) get(id job.ID) image.Image {
	if m, ok := t.known[id]; ok {
		return m
	}
	if !t.asked[id] {
		t.asked[id] = true
		t.wants = append(t.wants, id)
		t.next()
	}
	return nil
}

// A batch of thumbnails is shown at once: to show one takes longer than to fetch it.
const (
	batch     = 24
	batchTime = 60 * time.Millisecond
)

// next fetches the thumbnails that were wanted last.
func (t *thumbs) next() {
	if t.busy || len(t.wants) == 0 {
		return
	}
	t.busy = true
	wants := slices.Clone(t.wants[max(len(t.wants)-batch, 0):])
	t.wants = t.wants[:len(t.wants)-len(wants)]
	slices.Reverse(wants)
	t.w.background(func() func() {
		var fetched []image.Image
		for start := time.Now(); len(fetched) < len(wants) && (len(fetched) == 0 || time.Since(start) < batchTime); {
			m, err := t.w.door.Thumbnail(context.Background(), wants[len(fetched)])
			if err != nil {
				m = nil // without a picture the card keeps its mark
			}
			fetched = append(fetched, m)
		}
		return func() {
			t.busy = false
			for i, m := range fetched {
				if m != nil {
					t.keep(wants[i], m)
				}
			}
			late := wants[len(fetched):]
			slices.Reverse(late)
			t.wants = append(late, t.wants...)
			t.ready()
			t.next()
		}
	})
}

func (t *thumbs) keep(id job.ID, m image.Image) {
	t.known[id] = m
	t.order = append(t.order, id)
	if len(t.order) > keepThumbs {
		delete(t.known, t.order[0])
		delete(t.asked, t.order[0])
		t.order = t.order[1:]
	}
}

// when says how long ago something was, or the day.
func when(w *Window, at time.Time) string {
	switch ago := w.now().Sub(at); {
	case at.IsZero():
		return ""
	case ago < time.Minute:
		return w.say("just now")
	case ago < time.Hour:
		return w.say("%d min ago", int(ago.Minutes()))
	case ago < 24*time.Hour:
		return at.Local().Format("15:04")
	}
	return at.Local().Format("2006-01-02")
}

func orderOf(e history.Entry) studio.Order {
	return studio.Order{Request: e.Request, ImagePath: e.ImagePath}
}

func folderOf(e history.Entry) string {
	if e.Output == "" {
		return ""
	}
	return filepath.Dir(e.Output)
}

func errText(s string) error { return errors.New(s) }
