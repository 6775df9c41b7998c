package studio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"time"

	"kinora/app/disk"
	"kinora/app/export"
	"kinora/app/history"
	"kinora/app/job"
	"kinora/inference"
)

// History finds remembered clips, newest first.
func (s *Studio) History(ctx context.Context, f history.Filter) ([]history.Entry, error) {
	if s.history == nil {
		return nil, nil
	}
	es, err := s.history.Find(ctx, f)
	for i := range es {
		es[i] = s.moved(es[i])
	}
	return es, err
}

// Entry returns what is known of a finished clip.
func (s *Studio) Entry(ctx context.Context, id job.ID) (history.Entry, error) {
	if s.history == nil {
		return history.Entry{}, fmt.Errorf("%w: %s", history.ErrNotFound, id)
	}
	e, err := s.history.Get(ctx, id)
	if err != nil {
		return e, err
	}
	if e.State != job.Done {
		// The files of a clip get their names when they are whole, and are there even
		// if the disk was too full for the history to say so.
		master, output := s.paths(id, e.Request.Prompt)
		if _, err := os.Stat(output); err != nil {
			return e, fmt.Errorf("the clip %s is not finished: it is %s", id, e.State)
		}
		e.State, e.Master, e.Output = job.Done, master, output
	}
	return s.moved(e), nil
}

// moved follows the files of a clip when the folder they were in was moved.
func (s *Studio) moved(e history.Entry) history.Entry {
	for path, dir := range map[*string]string{&e.Output: "", &e.Master: frames} {
		if *path == "" {
			continue
		}
		if _, err := os.Stat(*path); err == nil {
			continue
		}
		here := filepath.Join(s.Folder(), dir, filepath.Base(*path))
		if _, err := os.Stat(here); err == nil {
			*path = here
		}
	}
	return e
}

// Delete takes a clip out of the history. Its files stay until they are purged, a
// week later, so that Restore can bring it back.
func (s *Studio) Delete(ctx context.Context, id job.ID) error {
	if s.history == nil {
		return errForget
	}
	err := s.history.Delete(ctx, id, time.Now())
	if err == nil {
		s.events.tell(Event{Topic: HistoryChanged})
	}
	return err
}

// Restore brings a deleted clip back.
func (s *Studio) Restore(ctx context.Context, id job.ID) error {
	if s.history == nil {
		return errForget
	}
	err := s.history.Restore(ctx, id)
	if err == nil {
		s.events.tell(Event{Topic: HistoryChanged})
	}
	return err
}

// Clip reads the frames of a finished clip for playing.
func (s *Studio) Clip(ctx context.Context, id job.ID) (*inference.Clip, error) {
	_, c, err := s.footage(ctx, id)
	return c, err
}

func (s *Studio) footage(ctx context.Context, id job.ID) (history.Entry, *inference.Clip, error) {
	if e, c, ok := s.fresh.get(id); ok {
		return e, c, nil
	}
	e, err := s.Entry(ctx, id)
	if err != nil {
		return e, nil, err
	}
	if e.Master == "" {
		return e, nil, fmt.Errorf("the lossless frames of this clip are gone; the video is still there as %s", e.Output)
	}
	f, err := export.OpenMaster(e.Master)
	if errors.Is(err, os.ErrNotExist) {
		return e, nil, fmt.Errorf("the frames of this clip were moved or deleted (%s); put the file back, or make the clip again from its settings", e.Master)
	}
	if err != nil {
		return e, nil, err
	}
	defer f.Close()
	c, err := f.Clip(ctx)
	return e, c, err
}

// Thumbnail is a small still of a finished clip.
func (s *Studio) Thumbnail(ctx context.Context, id job.ID) (image.Image, error) {
	if s.history != nil {
		b, err := s.history.Thumbnail(ctx, id)
		if err == nil {
			return png.Decode(bytes.NewReader(b))
		}
		if !errors.Is(err, history.ErrNotFound) {
			return nil, err
		}
	}
	c, err := s.Clip(ctx, id)
	if err != nil {
		return nil, err
	}
	return png.Decode(bytes.NewReader(thumbnail(c)))
}

// Export saves a finished clip at path. An empty format is told from the path.
func (s *Studio) Export(ctx context.Context, id job.ID, path, format string) error {
	f, err := export.For(format, path)
	if err != nil {
		return err
	}
	if f.Name == "mp4" {
		if v := s.fresh.video(id); v != nil {
			defer v.Close()
			return disk.Copy(ctx, s.disk, path, v)
		}
	}
	e, c, err := s.footage(ctx, id)
	if err != nil {
		return err
	}
	return export.Save(ctx, s.disk, path, f, c, s.recipe(e))
}

// CanExport says why Export to that path would fail, before there is a clip.
func (s *Studio) CanExport(path, format string) error {
	f, err := export.For(format, path)
	if err != nil {
		return err
	}
	return export.Probe(s.disk, path, f)
}

// Recipe reads the settings back from an exported file.
func (s *Studio) Recipe(path string) (r inference.Request, imagePath string, err error) {
	recipe, err := export.Read(path)
	return recipe.Request, recipe.ImagePath, err
}
