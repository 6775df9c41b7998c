package studio

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kinora/app/disk"
	"kinora/app/export"
	"kinora/app/history"
	"kinora/app/job"
	"kinora/inference"
)

// work makes the clip of a job and keeps it.
func (s *Studio) work(ctx context.Context, j job.Job, report func(inference.Progress)) (map[inference.Stage]time.Duration, error) {
	e, release, err := s.hold()
	if err != nil {
		return nil, err
	}
	defer release()
	if ok, err := s.answer(ctx, e, j); ok || err != nil {
		return nil, err
	}
	plan, _ := planned(e, j.Request)
	clip, err := e.Generate(ctx, j.Request, report)
	if err != nil {
		return nil, err
	}
	done := history.Entry{ID: j.ID, State: job.Done, Request: j.Request, ImagePath: j.ImagePath, Model: identify(e, j.Request.Model),
		Timings: clip.Timings, Created: j.Created, Started: j.Started, Ended: time.Now()}
	s.fresh.put(done, clip)
	if s.history == nil {
		return clip.Timings, nil
	}
	begun := time.Now()
	err = s.keep(ctx, &done, clip)
	if err == nil {
		s.fresh.encoded(j.ID, done.Output)
		s.learn(e, done, plan, time.Since(begun))
	}
	if err != nil {
		if ctx.Err() != nil {
			s.fresh.drop(j.ID)
			return nil, err
		}
		s.fresh.hold(j.ID)
		return nil, fmt.Errorf("the clip is made but could not be kept: %w. Until Kinora is closed it can still be exported to another folder", err)
	}
	return clip.Timings, nil
}

// paths says where the footage and the MP4 of a clip go.
func (s *Studio) paths(id job.ID, prompt string) (master, output string) {
	folder := s.Folder()
	return filepath.Join(folder, frames, string(id)+export.Master.Ext), filepath.Join(folder, outputName(id, prompt))
}

// keep writes the files of a clip, then its entry. The footage is what counts: a
// clip whose footage is in its place is found again even if all else failed.
func (s *Studio) keep(ctx context.Context, e *history.Entry, clip *inference.Clip) error {
	e.Master, e.Output = s.paths(e.ID, e.Request.Prompt)
	mp4, err := export.For("mp4", "")
	if err != nil {
		return err
	}
	r := s.recipe(*e)
	master, err := disk.Create(s.disk, e.Master)
	if err != nil {
		return err
	}
	defer master.Abort()
	output, err := disk.Create(s.disk, e.Output)
	if err != nil {
		return err
	}
	defer output.Abort()
	if err := both(
		func() error { return export.Stream(ctx, master, export.Master, clip, r) },
		func() error { return export.Stream(ctx, output, mp4, clip, r) },
	); err != nil {
		return err
	}
	// From here on the clip is finished, and cancelling comes too late.
	err = master.Commit()
	if err == nil {
		err = output.Commit()
	}
	if err != nil { // files that are there all the same would come back as a clip nobody was told of
		s.disk.Remove(e.Master)
		s.disk.Remove(e.Output)
		return err
	}
	if err := s.history.Put(context.Background(), *e, thumbnail(clip)); err != nil {
		// The files are safe, and the next start takes them in.
		s.events.tell(Event{Topic: HistoryChanged, Err: fmt.Errorf("the clip is kept as %s, but the history could not be written: %w", e.Output, err)})
		return nil
	}
	s.events.tell(Event{Topic: HistoryChanged})
	return nil
}

func both(a, b func() error) error {
	c := make(chan error, 1)
	go func() { c <- a() }()
	err := b()
	return errors.Join(<-c, err)
}

func (s *Studio) recipe(e history.Entry) export.Recipe {
	return export.Recipe{Kinora: s.options.Version, ID: string(e.ID), Request: e.Request, ImagePath: e.ImagePath, Model: e.Model.Name,
		ModelHash: e.Model.Hash, ModelSize: e.Model.Bytes, Created: e.Created, Started: e.Started, Ended: e.Ended, Timings: e.Timings}
}

// record writes every change of state to the history, except that to done, which
// keep writes with what belongs to it.
func (s *Studio) record(j job.Job) {
	if s.history == nil || j.State == job.Done {
		return
	}
	e := history.Entry{ID: j.ID, State: j.State, Request: j.Request, ImagePath: j.ImagePath, Model: history.ModelID{Name: j.Request.Model},
		Created: j.Created, Started: j.Started, Ended: j.Ended, Err: j.Err}
	ev := Event{Topic: HistoryChanged}
	if err := s.history.Put(context.Background(), e, nil); err != nil {
		ev.Err = fmt.Errorf("the history could not be written: %w", err)
	}
	s.events.tell(ev)
}

// A shelf holds the newest clip, so that it plays at once, and those that could
// not be written, so that they are not lost.
type shelf struct {
	mu    sync.Mutex
	items []shelved
}

type shelved struct {
	entry history.Entry
	clip  *inference.Clip
	held  bool
	mp4   string      // where it was encoded to, and how that file was then
	then  os.FileInfo // nil when it was not
}

// maxHeld is how many clips that could not be written are kept in memory.
const maxHeld = 4

func (s *shelf) put(e history.Entry, c *inference.Clip) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var held []shelved
	for _, i := range s.items {
		if i.held {
			held = append(held, i)
		}
	}
	if len(held) > maxHeld {
		held = held[1:]
	}
	s.items = append(held, shelved{entry: e, clip: c})
}

func (s *shelf) hold(id job.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.items {
		if s.items[i].entry.ID == id {
			s.items[i].held = true
		}
	}
}

// encoded says that the MP4 of a clip has been written, whole, at path.
func (s *shelf) encoded(id job.ID, path string) {
	info, err := os.Stat(path)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.items {
		if s.items[i].entry.ID == id && err == nil {
			s.items[i].mp4, s.items[i].then = path, info
		}
	}
}

// video opens the MP4 of a clip if nobody has changed it since it was encoded, so
// that it need not be encoded a second time; otherwise it returns nil.
func (s *shelf) video(id job.ID) *os.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.items {
		if i.entry.ID != id || i.then == nil {
			continue
		}
		f, err := os.Open(i.mp4)
		if err != nil {
			return nil
		}
		if now, err := f.Stat(); err == nil && os.SameFile(now, i.then) && now.Size() == i.then.Size() && now.ModTime().Equal(i.then.ModTime()) {
			return f
		}
		f.Close()
	}
	return nil
}

func (s *shelf) drop(id job.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.items {
		if s.items[i].entry.ID == id {
			s.items = append(s.items[:i:i], s.items[i+1:]...)
			return
		}
	}
}

func (s *shelf) get(id job.ID) (history.Entry, *inference.Clip, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.items {
		if i.entry.ID == id {
			return i.entry, i.clip, true
		}
	}
	return history.Entry{}, nil, false
}
