package fetch

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"kinora/app/disk"
)

// stopAt cancels once n bytes are there.
func stopAt(t *testing.T, f File, o Options, s *server, n int64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var once sync.Once
	was := s.before
	s.mu.Lock()
	s.before = func(k int64, w http.ResponseWriter, r *http.Request) bool {
		if s.sent.Load() >= n {
			once.Do(cancel)
		}
		return was != nil && was(k, w, r)
	}
	s.mu.Unlock()
	if err := Get(ctx, f, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.before = was
	s.mu.Unlock()
}

func TestStopAndGoOn(t *testing.T) {
	s := &server{body: content(4_000_000), etag: `"a"`}
	f, o := s.file(t, start(t, s)), quick()
	for _, n := range []int64{1_200_000, 2_500_000} {
		stopAt(t, f, o, s, n)
		if k := Kept(f.Path); k == 0 || k > s.sent.Load() {
			t.Fatalf("%d of %d bytes were kept", k, s.sent.Load())
		}
	}
	kept, sent := Kept(f.Path), s.sent.Load()
	if err := Get(t.Context(), f, o); err != nil {
		t.Fatal(err)
	}
	whole(t, f, s.body)
	if more := s.sent.Load() - sent; more > f.Size-kept {
		t.Errorf("%d bytes were fetched again", more-(f.Size-kept))
	}
}

// What was kept counts only as far as it can be true.
func TestGoingOn(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(t *testing.T, f *File, s *server)
		anew   bool // all is fetched again
		refuse string
	}{
		"as it was":         {func(*testing.T, *File, *server) {}, false, ""},
		"from another host": {func(t *testing.T, f *File, s *server) { f.URL = start(t, s); s.etag = `"b"` }, false, ""},
		"state is lost":     {func(t *testing.T, f *File, s *server) { os.Remove(f.Path + stateEnd) }, true, ""},
		"state is damaged": {func(t *testing.T, f *File, s *server) {
			os.WriteFile(f.Path+stateEnd, []byte("kinora fetch 1\nhave 0 9999\n"), 0o644)
		}, true, ""},
		"part is lost": {func(t *testing.T, f *File, s *server) { os.Remove(f.Path + disk.Part) }, true, ""},
		"part is cut":  {func(t *testing.T, f *File, s *server) { os.Truncate(f.Path+disk.Part, 1000) }, false, ""},
		"part is long": {func(t *testing.T, f *File, s *server) { os.Truncate(f.Path+disk.Part, 5_000_000) }, false, ""},
		"file changed": {func(t *testing.T, f *File, s *server) { s.etag = `"b"` }, true, ""},
		"ranges ended": {func(t *testing.T, f *File, s *server) {
			s.before = func(_ int64, w http.ResponseWriter, r *http.Request) bool { r.Header.Del("Range"); return false }
		}, true, ""},
		"another file": {func(t *testing.T, f *File, s *server) {
			s.body = append([]byte("new"), s.body...)
			g := s.file(t, f.URL)
			f.Size, f.SHA256 = g.Size, g.SHA256
		}, true, ""},
		"part is wrong": {func(t *testing.T, f *File, s *server) {
			p, _ := os.OpenFile(f.Path+disk.Part, os.O_WRONLY, 0)
			p.WriteAt([]byte("wrong"), 10)
			p.Close()
		}, false, "was removed"},
		"part is a folder": {func(t *testing.T, f *File, s *server) {
			os.Remove(f.Path + disk.Part)
			os.Mkdir(f.Path+disk.Part, 0o755)
		}, false, "in the way"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{body: content(3_000_000), etag: `"a"`}
			f, o := s.file(t, start(t, s)), quick()
			stopAt(t, f, o, s, 1_500_000)
			s.mu.Lock()
			c.spoil(t, &f, s)
			s.mu.Unlock()
			sent := s.sent.Load()
			err := Get(t.Context(), f, o)
			if c.refuse != "" {
				if err == nil || !strings.Contains(err.Error(), c.refuse) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			whole(t, f, s.body)
			if anew := s.sent.Load()-sent >= f.Size; anew != c.anew && name != "part is cut" {
				t.Errorf("%d of %d bytes were fetched", s.sent.Load()-sent, f.Size)
			}
		})
	}
}

func TestDiscard(t *testing.T) {
	s := &server{body: content(2_000_000)}
	f := s.file(t, start(t, s))
	stopAt(t, f, quick(), s, 1_000_000)
	if err := Discard(f.Path); err != nil || left(f) != "" || Kept(f.Path) != 0 {
		t.Errorf("%v, left %s", err, left(f))
	}
	if err := Discard(f.Path); err != nil {
		t.Error(err)
	}
}
