package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kinora/app/disk"
)

// A transfer is one file on its way.
type transfer struct {
	File
	o      Options
	client http.Client
	part   *os.File

	saving sync.Mutex
	mu     sync.Mutex
	state  state
	taken  []span // what requests are out for
	bytes  int64  // received in this run
	barren int    // tries in a row that brought nothing
}

// begin opens the part file, and takes over what an earlier run left if that was
// of the same file.
func begin(f File, o Options) (*transfer, error) {
	if info, err := os.Lstat(f.Path + disk.Part); err == nil && !info.Mode().IsRegular() {
		return nil, &disk.Error{Path: f.Path, Err: fmt.Errorf("%s is in the way and is no file", f.Path+disk.Part)}
	}
	part, err := os.OpenFile(f.Path+disk.Part, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, &disk.Error{Path: f.Path, Err: err}
	}
	t := &transfer{File: f, o: o, part: part, client: http.Client{Transport: o.Transport, CheckRedirect: follow}}
	old, err := readState(f.Path + stateEnd)
	info, err2 := part.Stat()
	if err == nil && err2 == nil && old.size == f.Size && strings.EqualFold(old.sha256, f.SHA256) {
		t.state = old
		t.state.have = old.have.within(info.Size())
		if old.url != f.URL {
			t.state.etag = "" // another server names its files in its own way; the SHA-256 is the judge
		}
	}
	t.state.url, t.state.size, t.state.sha256 = f.URL, f.Size, f.SHA256
	if t.state.have.total() == 0 {
		if err := t.reset(); err != nil {
			part.Close()
			return nil, err
		}
	}
	return t, nil
}

func (t *transfer) reset() error {
	t.mu.Lock()
	t.state.have, t.state.etag = nil, ""
	t.mu.Unlock()
	if err := t.part.Truncate(0); err != nil {
		return &disk.Error{Path: t.Path, Err: err}
	}
	return t.save()
}

// room checks that what is still to come fits on the disk.
func (t *transfer) room() error {
	need := t.Size - t.state.have.total()
	if free, known := disk.Free(filepath.Dir(t.Path)); known && free < need+16<<20 {
		return &disk.Error{Path: t.Path, Err: fmt.Errorf("%.1f GB are still to come, and %.1f GB are free there; free some space or choose another folder", float64(need)/1e9, float64(free)/1e9)}
	}
	return nil
}

// save writes the state. What it says is there is on the disk before.
func (t *transfer) save() error {
	t.saving.Lock()
	defer t.saving.Unlock()
	t.mu.Lock()
	s := t.state
	s.have = slices.Clone(s.have)
	t.mu.Unlock()
	if err := t.part.Sync(); err != nil {
		return &disk.Error{Path: t.Path, Err: err}
	}
	return s.write(t.Path + stateEnd)
}

// saves is how often the state is written.
const saves = 2 * time.Second

// maxChanges is how often a file may change on the server under our hands.
const maxChanges = 3

// run fetches all that is missing.
func (t *transfer) run(ctx context.Context) (err error) {
	stop := t.accompany()
	defer func() {
		stop()
		if e := t.save(); err == nil {
			err = e
		}
		if err != nil && t.state.have.total() == 0 {
			t.remove() // nothing to go on from
		}
	}()
	for changes := 0; ; changes++ {
		err := t.pass(ctx)
		if errors.Is(err, errNoRanges) {
			err = t.whole(ctx)
		}
		if !errors.Is(err, errChanged) {
			return err
		}
		if changes == maxChanges {
			return fault("the file at %s changes while it is fetched; try again later", t.URL)
		}
		if err := t.reset(); err != nil {
			return err
		}
	}
}

// accompany tells progress and saves the state until stopped.
func (t *transfer) accompany() (stop func()) {
	quit := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		var p pace
		beats, keep := time.NewTicker(beat), time.NewTicker(saves)
		defer beats.Stop()
		defer keep.Stop()
		for {
			select {
			case <-quit:
				return
			case <-keep.C:
				t.save() // should it fail, the last one tells
			case now := <-beats.C:
				t.o.Progress(t.progress(&p, now))
			}
		}
	})
	return func() {
		close(quit)
		done.Wait()
		t.o.Progress(t.progress(&pace{}, time.Now()))
	}
}

func (t *transfer) progress(p *pace, now time.Time) Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := Progress{Stage: Fetching, Bytes: t.state.have.total(), Total: t.Size, Rate: p.add(now, t.bytes)}
	if g.Rate > 0 {
		g.ETA = time.Duration(float64(g.Total-g.Bytes) / g.Rate * float64(time.Second))
	}
	return g
}

// pass fetches the gaps. One request goes ahead: its answer tells whether there is
// any sense in more.
func (t *transfer) pass(ctx context.Context) error {
	if more, err := t.step(ctx, min(t.o.chunk, 1<<20)); !more || err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	for range t.o.Parallel {
		all.Go(func() {
			for {
				if more, err := t.step(ctx, t.o.chunk); err != nil {
					stop(err) // the first one counts
					return
				} else if !more {
					return
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// step fetches the next gap, at most most long, however often it must ask.
func (t *transfer) step(ctx context.Context, most int64) (more bool, err error) {
	t.mu.Lock()
	busy := slices.Clone(t.state.have)
	for _, x := range t.taken {
		busy = busy.add(x)
	}
	s, ok := busy.gap(t.Size, most)
	if ok {
		t.taken = append(t.taken, s)
	}
	t.mu.Unlock()
	if !ok {
		return false, nil
	}
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.taken = slices.DeleteFunc(t.taken, func(x span) bool { return x == s })
	}()
	for left := s; left.lo < left.hi; {
		n, err := t.ask(ctx, left, true)
		left.lo += n
		if err == nil && left.lo < left.hi {
			err = errShort
		}
		if err := t.again(ctx, n >= worth, err); err != nil {
			return false, err
		}
	}
	return true, nil
}

// whole fetches the file in one piece, from a server that knows no ranges.
func (t *transfer) whole(ctx context.Context) error {
	for {
		_, err := t.ask(ctx, span{0, t.Size}, false)
		if err == nil {
			return nil
		}
		if err := t.again(ctx, false, err); err != nil {
			return err
		}
	}
}

func (t *transfer) remove() {
	t.part.Close() // where open files cannot be removed
	os.Remove(t.Path + stateEnd)
	os.Remove(t.Path + disk.Part)
}

// finish checks the file and puts it in its place.
func (t *transfer) finish(ctx context.Context) error {
	info, err := t.part.Stat()
	if err == nil && info.Size() > t.Size { // left by something else
		err = t.part.Truncate(t.Size)
	}
	if err != nil {
		return &disk.Error{Path: t.Path, Err: err}
	}
	sum, err := t.sum(ctx, t.part, t.o)
	if err != nil {
		return err
	}
	if !strings.EqualFold(sum, t.SHA256) {
		t.remove()
		return fault("what %s sent is not the file that was expected: its SHA-256 is %s, not %s. It was removed; try again, or another mirror", t.URL, sum, strings.ToLower(t.SHA256))
	}
	if err := t.part.Sync(); err != nil {
		return &disk.Error{Path: t.Path, Err: err}
	}
	if err := t.part.Close(); err != nil {
		return &disk.Error{Path: t.Path, Err: err}
	}
	if _, err := os.Lstat(t.Path); !errors.Is(err, fs.ErrNotExist) {
		return fault("%s has come to be there meanwhile; what was fetched is kept beside it", t.Path)
	}
	if err := os.Rename(t.Path+disk.Part, t.Path); err != nil {
		return &disk.Error{Path: t.Path, Err: err}
	}
	os.Remove(t.Path + stateEnd)
	if err := (disk.OS{}).SyncDir(filepath.Dir(t.Path)); err != nil {
		return &disk.Error{Path: t.Path, Err: err}
	}
	return nil
}
