// Package fetch brings one large file over HTTP into its place: in several ranges
// at once, going on where it was stopped, and only when its length and SHA-256 are
// those that were expected. It does not know what is in the file, nor where the
// program's files come from.
package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kinora/app/disk"
)

// A File is what is to be fetched, and what it must turn out to be.
type File struct {
	URL    string // http or https
	Path   string // where it goes
	Size   int64  // bytes
	SHA256 string // 64 hexadecimal digits
}

// Options say how. The zero value is a good choice.
type Options struct {
	Parallel  int               // ranges at once; 0: 4
	Idle      time.Duration     // how long a server may be silent; 0: 30 s
	Transport http.RoundTripper // nil: one that keeps to the system's proxy
	Token     Token             // for a host that wants an account; may be none
	// Progress is called from one goroutine at a time, some times a second; may be nil.
	Progress func(Progress)

	pause time.Duration // before the second try; doubled before each further one
	chunk int64         // the most that one request asks for
}

// tries is how often a server is asked in a row that gives nothing.
const tries = 7

// An Error says why a file cannot be had, in words for people. What was fetched
// already is kept unless it says otherwise.
type Error struct {
	Text string
	Err  error // may be nil
}

func (e *Error) Error() string { return e.Text }
func (e *Error) Unwrap() error { return e.Err }

func fault(format string, args ...any) *Error { return &Error{Text: fmt.Sprintf(format, args...)} }

// Endings of what lies beside a file that is being fetched. All are names of
// unfinished files, so that nobody takes them for more.
const (
	stateEnd = ".state" + disk.Part
	lockEnd  = ".lock" + disk.Part
)

// Kept reports how many bytes of a file an earlier Get has left to go on from.
func Kept(path string) int64 {
	s, err := readState(path + stateEnd)
	info, err2 := os.Stat(path + disk.Part)
	if err != nil || err2 != nil {
		return 0
	}
	return s.have.within(info.Size()).total()
}

// Discard removes what an earlier Get has left of a file that is not wanted any more.
func Discard(path string) error {
	lock, err := acquire(path)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	for _, end := range []string{stateEnd, disk.Part} {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &disk.Error{Path: path, Err: err}
		}
	}
	return nil
}

func acquire(path string) (*disk.Lock, error) {
	lock, err := disk.Acquire(path + lockEnd)
	if err == nil {
		return lock, nil
	}
	if e := (*disk.Error)(nil); errors.As(err, &e) {
		return nil, &disk.Error{Path: path, Err: e.Err}
	}
	return nil, fault("%s is being fetched by another Kinora already", path)
}

// Get fetches f. A file that is there and right is left alone; one that is there
// and different is never written over. When ctx ends, or the network fails, what is
// there stays for the next Get to go on from. Errors are ctx's own, *disk.Error
// where the disk is at fault, *Error for all else.
func Get(ctx context.Context, f File, o Options) error {
	if err := f.check(); err != nil {
		return err
	}
	o.fill()
	if there, err := f.there(ctx, o); there || err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
		return &disk.Error{Path: f.Path, Err: err}
	}
	lock, err := acquire(f.Path)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	if there, err := f.there(ctx, o); there || err != nil { // another may have been quicker
		return err
	}
	t, err := begin(f, o)
	if err != nil {
		return err
	}
	defer t.part.Close()
	if err := t.room(); err != nil {
		return err
	}
	if err := t.run(ctx); err != nil {
		return err
	}
	return t.finish(ctx)
}

func (o *Options) fill() {
	if o.Parallel <= 0 {
		o.Parallel = 4
	}
	if o.Idle <= 0 {
		o.Idle = 30 * time.Second
	}
	if o.pause <= 0 {
		o.pause = time.Second
	}
	if o.chunk <= 0 {
		o.chunk = 32 << 20
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Transport == nil {
		o.Transport = transport()
	}
}

// check refuses what no server could answer rightly.
func (f File) check() error {
	u, err := url.Parse(f.URL)
	sum, err2 := hex.DecodeString(f.SHA256)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fault("%q is no address to fetch from; it must begin with https://", f.URL)
	case f.Size <= 0 || err2 != nil || len(sum) != sha256.Size:
		return fault("%s cannot be fetched: its length and SHA-256 are not known", f.URL)
	}
	return nil
}

// there reports whether the file is in its place already.
func (f File) there(ctx context.Context, o Options) (bool, error) {
	info, err := os.Stat(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, &disk.Error{Path: f.Path, Err: err}
	}
	if info.Mode().IsRegular() && info.Size() == f.Size {
		file, err := os.Open(f.Path)
		if err != nil {
			return false, &disk.Error{Path: f.Path, Err: err}
		}
		defer file.Close()
		sum, err := f.sum(ctx, file, o)
		if err != nil || strings.EqualFold(sum, f.SHA256) {
			return err == nil, err
		}
	}
	return false, fault("%s is there already and is another file; move it away or choose another folder", f.Path)
}

// sum is the SHA-256 of the first f.Size bytes of a file.
func (f File) sum(ctx context.Context, file io.ReaderAt, o Options) (string, error) {
	h, buf, last := sha256.New(), make([]byte, 1<<20), time.Now()
	for at := int64(0); at < f.Size; {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := file.ReadAt(buf[:min(int64(len(buf)), f.Size-at)], at)
		if n == 0 {
			return "", &disk.Error{Path: f.Path, Err: fmt.Errorf("it cannot be read back: %w", err)}
		}
		h.Write(buf[:n])
		at += int64(n)
		if now := time.Now(); now.Sub(last) >= beat || at == f.Size {
			last = now
			o.Progress(Progress{Stage: Checking, Bytes: at, Total: f.Size})
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
