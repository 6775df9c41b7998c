// Package library knows which models there are: the built-in one, and what lies in
// people's folders, in any dialect, put together from parts. It looks at the disk
// behind Kinora's back and says when a change has come to rest. It does not know
// how a model runs, nor what a configuration key means.
package library

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// rest is how long a file must lie still before a change is told; polls is how
// often it is looked at meanwhile.
const (
	rest  = 300 * time.Millisecond
	polls = 100 * time.Millisecond
)

// A Watcher tells when a file, or anything in a folder, changed.
type Watcher struct {
	notify *fsnotify.Watcher
	only   func(name string) bool // nil: every file counts
	stop   chan struct{}
	done   sync.WaitGroup
}

// Watch calls changed after path, a file or a folder with all below it, was
// changed and lies still again: so half-copied models are not told of, and the way
// editors replace a file counts as one change. The path need not exist yet.
// changed is called from one goroutine.
func Watch(path string, changed func()) (*Watcher, error) {
	return watch(path, nil, changed)
}

// WatchModels is Watch for a folder of which only what may be a part of a model
// counts.
func WatchModels(folder string, changed func()) (*Watcher, error) {
	return watch(folder, func(name string) bool {
		return weighty(name) || shard(name) || strings.HasSuffix(name, ".model") || name == "tokenizer.json"
	}, changed)
}

func watch(path string, only func(string) bool, changed func()) (*Watcher, error) {
	n, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w := &Watcher{notify: n, only: only, stop: make(chan struct{})}
	w.follow(path)
	told := look(path, only) // before Watch returns: what comes after is a change
	w.done.Go(func() { w.run(path, told, changed) })
	return w, nil
}

// Close stops watching. changed is not called any more once it returns.
func (w *Watcher) Close() {
	close(w.stop)
	w.done.Wait()
	w.notify.Close()
}

// follow watches path, all folders below it, and the nearest folder above that
// exists, since a file that is replaced or not there yet cannot be watched itself.
func (w *Watcher) follow(path string) {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if w.notify.Add(dir) == nil || dir == filepath.Dir(dir) {
			break
		}
	}
	left := maxFolders
	walk(path, maxSight, func(p string, d fs.DirEntry) bool {
		if d.IsDir() {
			left--
			return left >= 0 && w.notify.Add(p) == nil
		}
		return true
	})
}

func (w *Watcher) run(path string, told Sight, changed func()) {
	seen := told
	var since time.Time // when what is seen was seen first
	var grown, armed bool
	tick := time.NewTimer(time.Hour)
	tick.Stop()
	arm := func(after time.Duration) {
		if !armed {
			armed = true
			tick.Reset(after)
		}
	}
	for {
		select {
		case <-w.stop:
			return
		case _, ok := <-w.notify.Errors: // too many events at once: look again
			if !ok {
				return
			}
			grown = true
			arm(polls)
			continue
		case e, ok := <-w.notify.Events:
			if !ok {
				return
			}
			if concerns(e.Name, path) {
				grown = grown || e.Has(fsnotify.Create) || e.Has(fsnotify.Rename) || e.Has(fsnotify.Remove)
				arm(polls / 10)
			}
			continue
		case <-tick.C:
			armed = false
		}
		begun := time.Now()
		if grown {
			grown = false
			w.follow(path)
		}
		now := look(path, w.only)
		// Where looking takes long, it is done the less often.
		pause := max(polls, 20*time.Since(begun))
		switch {
		case now.Same(told) && now.Same(seen):
			continue
		case !now.Same(seen):
			seen, since = now, time.Now()
		case time.Since(since) >= rest:
			told = now
			changed()
			continue
		}
		arm(pause)
	}
}

// concerns reports whether an event at name can mean a change of path.
func concerns(name, path string) bool {
	under := func(a, b string) bool {
		r, err := filepath.Rel(b, a)
		return err == nil && r != ".." && !strings.HasPrefix(r, ".."+string(filepath.Separator))
	}
	return under(name, path) || under(path, name)
}

// A Sight is how a path looks: the size and time of every file.
type Sight map[string]Mark

// A Mark is what tells that a file changed.
type Mark struct {
	Size int64
	Time time.Time
}

// maxSight and maxFolders bound how much is looked at, should the folder be that
// of a whole disk.
const (
	maxSight   = 20_000
	maxFolders = 2_000
)

// look takes in path and all below it whose names pass only, if that is not nil.
// Half-written files are left out.
func look(path string, only func(string) bool) Sight {
	s := Sight{}
	walk(path, maxSight, func(p string, d fs.DirEntry) bool {
		if d.IsDir() || Unfinished(p) || only != nil && !only(filepath.Base(p)) {
			return true
		}
		if i, err := os.Stat(p); err == nil && !i.IsDir() { // of what a link leads to
			s[p] = Mark{i.Size(), i.ModTime()}
		}
		return true
	})
	return s
}

// Same reports whether nothing changed between two sights.
func (s Sight) Same(t Sight) bool {
	if len(s) != len(t) {
		return false
	}
	for p, m := range s {
		n, ok := t[p]
		if !ok || m.Size != n.Size || !m.Time.Equal(n.Time) {
			return false
		}
	}
	return true
}

// Unfinished reports whether a name is one that downloads and copies give to files
// until they are whole.
func Unfinished(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".part", ".partial", ".crdownload", ".download", ".incomplete", ".tmp", ".aria2", ".filepart", ".swp":
		return true
	}
	base := filepath.Base(name)
	return strings.HasSuffix(base, "~") || strings.HasPrefix(base, ".")
}
