package studio

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"kinora/app/disk"
	"kinora/app/export"
	"kinora/app/history"
	"kinora/app/job"
	"kinora/inference"
)

// answer gives a job the clip that the same request gave before, as a copy of its
// own, if the configuration asks for that and its files are as they were.
func (s *Studio) answer(ctx context.Context, e inference.Engine, j job.Job) (done bool, err error) {
	on := s.configuration().CachePromptResults
	if s.history == nil || on == nil || !*on || j.Anew {
		return false, nil
	}
	model := identify(e, j.Request.Model)
	weights := fingerprint(e, j.Request, model)
	if weights == "" {
		return false, nil // another model under that name would pass for this one
	}
	key := j.ImagePath
	if j.Request.Image != nil && key == "" {
		return false, nil
	}
	runs, err := s.history.Same(ctx, j.Request, key, weights)
	if err != nil {
		return false, nil // then it is made anew
	}
	for _, r := range runs {
		old := s.moved(r.Entry)
		if j.Request.Image != nil && !olderThan(key, old.Started) {
			continue // the picture was changed since
		}
		err := s.repeat(ctx, old, r, j, model)
		if err == nil {
			return true, nil
		}
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
	}
	return false, nil
}

// repeat copies a clip for a job.
func (s *Studio) repeat(ctx context.Context, old history.Entry, r history.Run, j job.Job, model history.ModelID) error {
	for path, want := range map[string]string{old.Output: r.Output, old.Master: r.Master} {
		if got, _, err := mark(path); err != nil || got != want {
			return errors.Join(err, errChanged)
		}
	}
	thumb, err := s.history.Thumbnail(ctx, old.ID)
	if err != nil {
		return err
	}
	e := history.Entry{ID: j.ID, State: job.Done, Request: j.Request, ImagePath: j.ImagePath, Model: model, Created: j.Created, Started: j.Started,
		Output: filepath.Join(s.Folder(), outputName(j.ID, j.Request.Prompt)), Master: filepath.Join(s.Folder(), frames, string(j.ID)+export.Master.Ext)}
	for to, from := range map[string]string{e.Output: old.Output, e.Master: old.Master} {
		if err := s.duplicate(from, to); err != nil {
			s.disk.Remove(e.Output)
			s.disk.Remove(e.Master)
			return err
		}
	}
	e.Ended = time.Now()
	if err := s.history.Put(context.Background(), e, thumb); err != nil {
		return nil // the files are safe, and the next start takes them in
	}
	// It answers in its turn, but nothing is learned from it: no machine.
	again := history.Run{Entry: e, Weights: r.Weights, Work: map[inference.Stage]float64{}, Bytes: r.Bytes}
	for path, to := range map[string]*string{e.Output: &again.Output, e.Master: &again.Master} {
		if *to, _, err = mark(path); err != nil {
			return nil
		}
	}
	s.history.PutRun(context.Background(), again)
	s.events.tell(Event{Topic: HistoryChanged, Text: fmt.Sprintf("The history had this clip (%s), so it was not made again.", old.ID)})
	return nil
}

var errChanged = errors.New("its files are not what they were")

func (s *Studio) duplicate(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := disk.Create(s.disk, to)
	if err != nil {
		return err
	}
	defer out.Abort()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Commit()
}

// wholly is up to where a file is marked by all that it holds. Larger ones are
// marked by size and time.
const wholly = 64 << 20

// mark tells a file from what it may become.
func mark(path string) (mark string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	if info.Size() > wholly {
		return fmt.Sprintf("%d at %d", info.Size(), info.ModTime().UnixNano()), info.Size(), nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", 0, err
	}
	return fmt.Sprintf("%d %s", info.Size(), hex.EncodeToString(h.Sum(nil))), info.Size(), nil
}

// olderThan reports whether a file was last changed before t.
func olderThan(path string, t time.Time) bool {
	info, err := os.Stat(path)
	return err == nil && info.ModTime().Before(t)
}

// fingerprint tells the weights that a request asks for from all others; empty where
// that is not known.
func fingerprint(e inference.Engine, r inference.Request, model history.ModelID) string {
	if f, ok := e.(interface {
		Fingerprint(inference.Request) string
	}); ok {
		if text := f.Fingerprint(r); text != "" {
			return text
		}
	}
	if len(r.LoRAs) > 0 {
		return "" // the model is but a part of them
	}
	return model.Hash
}
