package ui

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kinora/app/export"
	"kinora/app/fetch"
	"kinora/app/fetch/catalogue"
	"kinora/app/history"
	"kinora/app/job"
	"kinora/app/settings"
	"kinora/app/studio"
	"kinora/inference"
)

// fake is a studio that draws a moving disc, at the pace of whoever drives it.
type fake struct {
	mu       sync.Mutex
	jobs     []job.Job
	entries  []history.Entry
	deleted  []history.Entry
	orders   []studio.Order
	checked  []inference.Request
	exported []string
	held     bool   // failed clips are in memory all the same
	writes   bool   // exports are there afterwards
	unsaved  string // part of a path that cannot be written
	values   settings.Values
	watch    func(job.Job)
	listen   func(studio.Event)
	forecast *studio.Forecast
	foretold int           // how often a forecast was asked for
	refuse   error         // what Submit says
	none     error         // why there are no models
	slow     chan struct{} // models are known once it is closed
	gone     bool          // the large model's folder went away
	next     int
	offers   []studio.Offer
	lacks    []studio.Lack
	fetches  chan fetching // those that were begun; nil: none may
}

// A fetching is in the hands of a test: it tells progress, and ends it.
type fetching struct {
	ctx      context.Context
	offer    studio.Offer
	progress func(fetch.Progress)
	end      chan error
}

func (f *fake) Offers(string) ([]studio.Offer, []catalogue.Set, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.offers), []catalogue.Set{{Name: "both", Files: []string{"dit", "vae"}}}, nil
}

func (f *fake) Missing() []studio.Lack {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lacks
}

func (f *fake) Fetch(ctx context.Context, o studio.Offer, progress func(fetch.Progress)) error {
	end := make(chan error)
	f.fetches <- fetching{ctx, o, progress, end}
	select {
	case err := <-end:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func newFake() *fake {
	return &fake{values: settings.Values{Theme: "light", Language: "en", Device: "auto", ClipFolder: "clips", Loop: true}}
}

var starter = inference.Model{
	Name: "starter", Title: "Starter (built in)", SizeStep: 16, MaxSize: 512, ImageToVideo: true,
	Samplers: []string{"unipc", "dpm++2m", "euler", "heun"},
	Default:  inference.Request{Model: "starter", Width: 256, Height: 192, Frames: 17, FPS: 15, Steps: 8, Guidance: 3.5, Sampler: "unipc", Shift: 3},
}

var large = inference.Model{
	Name: "wan", Title: "Wan2.2 TI2V-5B", SizeStep: 32, MaxSize: 1280, Samplers: []string{"unipc", "euler"},
	Default: inference.Request{Model: "wan", Width: 1280, Height: 704, Frames: 121, FPS: 24, Steps: 50, Guidance: 5, Sampler: "unipc", Shift: 5},
}

func (f *fake) Models() []inference.Model {
	if f.slow != nil {
		<-f.slow
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.none != nil {
		return nil
	}
	if f.gone {
		return []inference.Model{starter}
	}
	return []inference.Model{starter, large}
}

func (f *fake) LoRAs() []inference.Adapter {
	return []inference.Adapter{{Name: "ink", Path: "/models/loras/ink.safetensors", Model: "Wan2.2 TI2V 5B", Rank: 32}, {Name: "paper", Path: "/models/loras/paper.safetensors"}}
}

func (f *fake) Examples(string) []studio.Example {
	return []studio.Example{
		{Situation: "class", Prompt: "water molecules moving fast, hot"},
		{Situation: "class", Prompt: "planets orbiting a sun"},
		{Situation: "advertisement", Prompt: "a red shoe spins on a white background"},
		{Situation: "characters", Prompt: "a robot dances in the street"},
		{Situation: "characters", Prompt: "一只柴犬穿着宇航服在火星种土豆"},
		{Situation: "shapes", Prompt: "a red square moves to the right"},
	}
}

func (f *fake) Defaults(model string) inference.Request {
	if model == "wan" {
		return large.Default
	}
	return starter.Default
}

func (f *fake) Check(r inference.Request) (inference.Request, []string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.checked = append(f.checked, r)
	if f.none != nil {
		return r, nil, f.none
	}
	var notes []string
	if strings.Contains(r.Prompt, "spaceship") {
		notes = append(notes, "The starter model does not know “spaceship”; it knows robot, dog, cat and rabbit.")
	}
	if r.Frames%4 != 1 {
		notes = append(notes, fmt.Sprintf("%d frames are made and trimmed to %d.", (r.Frames+2)/4*4+1, r.Frames))
	}
	if strings.Contains(r.Prompt, "\x01") {
		return r, nil, errors.New("the prompt holds control characters; take them out")
	}
	return r, notes, nil
}

func (f *fake) Forecast(_ context.Context, r inference.Request) (studio.Forecast, error) {
	f.foretold++
	if f.forecast != nil {
		return *f.forecast, nil
	}
	return studio.Forecast{}, nil
}

func (f *fake) LoadImage(path string) (*inference.Picture, error) {
	if !strings.Contains(path, "good") {
		return nil, fmt.Errorf("%s is not a picture that can be read", filepath.Base(path))
	}
	return &inference.Picture{Width: 64, Height: 48, Pix: disc(64, 48, .5)}, nil
}

func (f *fake) Submit(o studio.Order) (job.ID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return "", f.refuse
	}
	f.next++
	j := job.Job{ID: job.ID(fmt.Sprintf("job-%03d", f.next)), Request: o.Request, ImagePath: o.ImagePath, State: job.Queued, Created: time.Now()}
	f.orders = append(f.orders, o)
	f.jobs = append(f.jobs, j)
	f.tell(j)
	return j.ID, nil
}

func (f *fake) tell(j job.Job) {
	if f.watch != nil {
		f.watch(j)
	}
}

// step moves a job to a state, or a running one onward.
func (f *fake) step(id job.ID, s job.State, change func(*job.Job)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.jobs, func(j job.Job) bool { return j.ID == id })
	if i < 0 || f.jobs[i].State.Ended() {
		return
	}
	j := &f.jobs[i]
	j.State = s
	if change != nil {
		change(j)
	}
	if s == job.Done || s == job.Failed {
		f.entries = slices.Insert(f.entries, 0, history.Entry{ID: j.ID, State: s, Request: j.Request, ImagePath: j.ImagePath, Err: j.Err, Created: time.Now(), Output: filepath.Join("clips", string(j.ID)+".mp4")})
	}
	f.tell(*j)
}

func (f *fake) state(id job.ID) job.State {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, j := range f.jobs {
		if j.ID == id {
			return j.State
		}
	}
	return ""
}

func (f *fake) Cancel(id job.ID) { f.step(id, job.Cancelled, nil) }

func (f *fake) Jobs() []job.Job {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.jobs)
}

func (f *fake) Watch(w func(job.Job)) func() {
	f.watch = w
	return func() {}
}

func (f *fake) Listen(l func(studio.Event)) func() {
	f.listen = l
	return func() {}
}

func (f *fake) History(_ context.Context, q history.Filter) ([]history.Entry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []history.Entry
	for _, e := range f.entries {
		if strings.Contains(strings.ToLower(e.Request.Prompt), strings.ToLower(q.Search)) && (q.Before == "" || e.ID < q.Before) {
			found = append(found, e)
		}
	}
	return found[:min(len(found), q.Limit)], nil
}

func (f *fake) Delete(_ context.Context, id job.ID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, e := range f.entries {
		if e.ID == id {
			f.deleted = append(f.deleted, e)
			f.entries = slices.Delete(f.entries, i, i+1)
			return nil
		}
	}
	return errors.New("no such clip")
}

func (f *fake) Restore(_ context.Context, id job.ID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.deleted {
		if e.ID == id {
			f.entries = slices.Insert(f.entries, 0, e)
			return nil
		}
	}
	return errors.New("no such clip")
}

func (f *fake) Clip(_ context.Context, id job.ID) (*inference.Clip, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.entries {
		if e.ID == id && (e.State == job.Done || f.held) {
			return film(e.Request), nil
		}
	}
	return nil, errors.New("the clip's file is gone")
}

func (f *fake) Thumbnail(ctx context.Context, id job.ID) (image.Image, error) {
	c, err := f.Clip(ctx, id)
	if err != nil {
		return nil, err
	}
	m := image.NewRGBA(image.Rect(0, 0, c.Width, c.Height))
	for i := range c.Width * c.Height {
		p := c.Frames[len(c.Frames)/2][3*i:]
		m.SetRGBA(i%c.Width, i/c.Width, color.RGBA{p[0], p[1], p[2], 255})
	}
	return m, nil
}

func (f *fake) Formats() []export.Format {
	return []export.Format{{Name: "mp4", Title: "MP4 video", Ext: ".mp4"}, {Name: "gif", Title: "GIF", Ext: ".gif"}, {Name: "png", Title: "PNG frames", Folder: true}}
}

func (f *fake) Export(_ context.Context, id job.ID, path, format string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.unsaved != "" && strings.Contains(path, f.unsaved) {
		return errors.New("the disk is full")
	}
	f.exported = append(f.exported, format+":"+path)
	if f.writes {
		return os.WriteFile(path, nil, 0o644)
	}
	return nil
}

func (f *fake) Recipe(path string) (inference.Request, string, error) {
	if filepath.Ext(path) != ".mp4" {
		return inference.Request{}, "", fmt.Errorf("%s was not made by Kinora: there are no settings in it", filepath.Base(path))
	}
	r := starter.Default
	r.Prompt, r.Seed, r.Steps, r.Width, r.Height = "a blue ball bounces", 18446744073709551615, 12, 192, 256
	return r, "", nil
}

func (f *fake) Settings() settings.Values {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.values
}

func (f *fake) SetSettings(v settings.Values) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.values = v
	return nil
}

func (f *fake) SettingsTable() []settings.Item {
	return []settings.Item{
		{Key: "clip_folder", Label: "Clips", Help: "Where finished clips are kept", Kind: settings.Folder, Restart: true},
		{Key: "device", Label: "Device", Help: "What clips are made on", Kind: settings.Choice, Choices: []string{"auto", "cpu", "cuda"}, Restart: true},
		{Key: "threads", Label: "Threads", Help: "0 takes all cores", Kind: settings.Number, Max: 64},
		{Key: "theme", Label: "Theme", Kind: settings.Choice, Choices: []string{"system", "light", "dark"}},
		{Key: "language", Label: "Language", Kind: settings.Choice, Choices: []string{"system", "en", "zh"}},
		{Key: "loop", Label: "Loop", Kind: settings.Flag},
	}
}

func (f *fake) Folder() string { return filepath.Join(os.TempDir(), "clips") }
