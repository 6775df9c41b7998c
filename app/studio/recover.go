package studio

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"kinora/app/disk"
	"kinora/app/export"
	"kinora/app/history"
	"kinora/app/job"
)

// keepDeleted is how long the files of a deleted clip stay.
const keepDeleted = 7 * 24 * time.Hour

// recover brings files and history together again after whatever ended the last
// run: half-written files go, finished clips without an entry are taken in, what
// was running is marked interrupted. It returns how many clips it took in.
func (s *Studio) recover(ctx context.Context) (found int, err error) {
	folder := s.Folder()
	lock, err := disk.Acquire(filepath.Join(s.options.Places.Data, "recover.lock"))
	if err != nil {
		return 0, nil // another Kinora is at it
	}
	defer lock.Unlock()
	mine := func(name string) bool { _, ok := idOf(name); return ok }
	disk.Sweep(s.disk, folder, mine)
	disk.Sweep(s.disk, filepath.Join(folder, frames), mine)

	lost, err := s.history.Orphans(ctx)
	if err != nil {
		return 0, err
	}
	files := s.files(folder)
	for _, e := range lost {
		if f, ok := files[e.ID]; ok && s.adopt(ctx, e.ID, f) {
			found++
			continue
		}
		e.State, e.Ended, e.Err = job.Interrupted, time.Now(), "Kinora ended before this clip was finished"
		if err := s.history.Put(ctx, e, nil); err != nil {
			return found, err
		}
	}
	ids := make([]job.ID, 0, len(files))
	for id := range files {
		ids = append(ids, id)
	}
	known, err := s.history.Known(ctx, ids)
	if err != nil {
		return found, err
	}
	for id, f := range files {
		if !known[id] && s.adopt(ctx, id, f) {
			found++
		}
	}
	return found, s.purge(ctx)
}

// A pair is the files of one clip; either may be missing.
type pair struct{ master, output string }

func (s *Studio) files(folder string) map[job.ID]pair {
	all := map[job.ID]pair{}
	for _, dir := range []string{folder, filepath.Join(folder, frames)} {
		list, _ := os.ReadDir(dir)
		for _, d := range list {
			id, ok := idOf(d.Name())
			if !ok || d.IsDir() {
				continue
			}
			p, path := all[id], filepath.Join(dir, d.Name())
			if filepath.Ext(path) == export.Master.Ext {
				p.master = path
			} else {
				p.output = path
			}
			all[id] = p
		}
	}
	return all
}

// adopt makes an entry of a clip's files, and the MP4 anew where that is missing.
func (s *Studio) adopt(ctx context.Context, id job.ID, f pair) bool {
	var r export.Recipe
	var thumb []byte
	if f.master != "" {
		foot, err := export.OpenMaster(f.master)
		if err == nil {
			r = foot.Recipe
			if clip, err := foot.Clip(ctx); err == nil {
				thumb = thumbnail(clip)
				if f.output == "" {
					f.output = filepath.Join(s.Folder(), outputName(id, r.Request.Prompt))
					mp4, _ := export.For("mp4", "")
					if export.Save(ctx, s.disk, f.output, mp4, clip, r) != nil {
						f.output = ""
					}
				}
			}
			foot.Close()
		}
		if thumb == nil {
			f.master = ""
		}
	}
	if f.master == "" {
		if f.output == "" {
			return false
		}
		var err error
		if r, err = export.Read(f.output); err != nil {
			return false
		}
	}
	e := history.Entry{ID: id, State: job.Done, Request: r.Request, ImagePath: r.ImagePath, Output: f.output, Master: f.master,
		Model: history.ModelID{Name: r.Model, Hash: r.ModelHash, Bytes: r.ModelSize}, Timings: r.Timings, Created: r.Created, Started: r.Started, Ended: r.Ended}
	return s.history.Put(ctx, e, thumb) == nil
}

// purge removes for good what was deleted long ago: files first, so that no file
// is left that comes back as a clip.
func (s *Studio) purge(ctx context.Context) error {
	es, err := s.history.Find(ctx, history.Filter{Deleted: true, Limit: 10_000})
	if err != nil {
		return err
	}
	for _, e := range es {
		if time.Since(e.Deleted) < keepDeleted {
			continue
		}
		e, gone := s.moved(e), true
		for _, path := range []string{e.Output, e.Master} {
			if id, ok := idOf(filepath.Base(path)); !ok || id != e.ID {
				continue // whatever the history says, nothing is removed but this clip
			}
			if err := s.disk.Remove(path); err != nil && !os.IsNotExist(err) {
				gone = false
			}
		}
		if gone {
			if err := s.history.Forget(ctx, e.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
