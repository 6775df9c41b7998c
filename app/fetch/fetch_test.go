package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kinora/app/disk"
)

// content is n bytes that are the same at every run.
func content(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// A server serves one file, and may be made to behave badly.
type server struct {
	mu    sync.RWMutex // held by every request, and by who changes what follows
	body  []byte
	etag  string
	asked atomic.Int64
	sent  atomic.Int64
	// before may answer in the server's place, and then returns true.
	before func(n int64, w http.ResponseWriter, r *http.Request) bool
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := s.asked.Add(1)
	if s.before != nil && s.before(n, w, r) {
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if s.etag != "" {
		w.Header().Set("ETag", s.etag)
	}
	http.ServeContent(counting{w, s}, r, "", time.Time{}, bytes.NewReader(s.body))
}

type counting struct {
	http.ResponseWriter
	s *server
}

func (c counting) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.s.sent.Add(int64(n))
	return n, err
}

// span reads the Range of a request; the whole file without one.
func (s *server) span(r *http.Request) (lo, hi int) {
	if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &lo, &hi); n < 2 {
		return 0, len(s.body)
	}
	return lo, min(hi+1, len(s.body))
}

// drop sends the head of an answer and the first bytes of it, then breaks off.
func (s *server) drop(w http.ResponseWriter, r *http.Request, bytes int) {
	lo, hi := s.span(r)
	if s.etag != "" {
		w.Header().Set("ETag", s.etag)
	}
	w.Header().Set("Content-Length", fmt.Sprint(hi-lo))
	w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", lo, hi-1, len(s.body)))
	w.WriteHeader(http.StatusPartialContent)
	n, _ := w.Write(s.body[lo:min(hi, lo+bytes)])
	s.sent.Add(int64(n))
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func start(t *testing.T, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL + "/m/file.bin"
}

func (s *server) file(t *testing.T, url string) File {
	sum := sha256.Sum256(s.body)
	return File{URL: url, Path: filepath.Join(t.TempDir(), "models", "file.bin"), Size: int64(len(s.body)), SHA256: hex.EncodeToString(sum[:])}
}

func quick() Options {
	return Options{pause: time.Millisecond, chunk: 100_000, Idle: 5 * time.Second}
}

// left lists what lies in the folder of the file.
func left(f File) string {
	list, _ := os.ReadDir(filepath.Dir(f.Path))
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func whole(t *testing.T, f File, want []byte) {
	t.Helper()
	got, err := os.ReadFile(f.Path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
	}
	if l := left(f); l != "file.bin" {
		t.Errorf("left: %s", l)
	}
}

func TestServersThatCanBeHadFrom(t *testing.T) {
	for name, behave := range map[string]func(s *server){
		"well":         func(*server) {},
		"without etag": func(s *server) { s.etag = "" },
		"weak etag":    func(s *server) { s.etag = `W/"a"` },
		"drops connections": func(s *server) {
			s.before = func(n int64, w http.ResponseWriter, r *http.Request) bool {
				if n%2 == 0 {
					s.drop(w, r, 70_000)
				}
				return false
			}
		},
		"sends no ranges": func(s *server) {
			s.before = func(_ int64, w http.ResponseWriter, r *http.Request) bool { r.Header.Del("Range"); return false }
		},
		"sends no ranges and breaks off once": func(s *server) {
			s.before = func(n int64, w http.ResponseWriter, r *http.Request) bool {
				r.Header.Del("Range")
				if n < 4 {
					w.Header().Set("Content-Length", fmt.Sprint(len(s.body)))
					w.Write(s.body[:n*100_000])
					w.(http.Flusher).Flush()
					panic(http.ErrAbortHandler)
				}
				return false
			}
		},
		"sends no ranges and no length": func(s *server) {
			s.before = func(_ int64, w http.ResponseWriter, r *http.Request) bool {
				w.(http.Flusher).Flush()
				w.Write(s.body)
				return true
			}
		},
		"sends less than asked": func(s *server) {
			s.before = func(_ int64, w http.ResponseWriter, r *http.Request) bool {
				lo, hi := s.span(r)
				r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", lo, min(hi, lo+70_000)-1))
				return false
			}
		},
		"is busy": func(s *server) {
			s.before = func(n int64, w http.ResponseWriter, r *http.Request) bool {
				if n%3 == 1 {
					w.WriteHeader([]int{429, 503, 502}[n/3%3])
				}
				return n%3 == 1
			}
		},
		"redirects": func(s *server) {
			s.before = func(_ int64, w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/m/file.bin" {
					http.Redirect(w, r, "/elsewhere?signature=x", http.StatusFound)
				}
				return r.URL.Path == "/m/file.bin"
			}
		},
		"falls silent": func(s *server) {
			s.before = func(n int64, w http.ResponseWriter, r *http.Request) bool {
				if n == 2 {
					w.(http.Flusher).Flush()
					<-r.Context().Done()
				}
				return n == 2
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{body: content(1_500_000), etag: `"a"`}
			behave(s)
			f, o := s.file(t, start(t, s)), quick()
			if name == "falls silent" {
				o.Idle = 200 * time.Millisecond
			}
			var last Progress
			o.Progress = func(p Progress) {
				if p.Total != f.Size || p.Bytes < 0 || p.Bytes > p.Total {
					t.Errorf("%+v", p)
				}
				last = p
			}
			if err := Get(t.Context(), f, o); err != nil {
				t.Fatal(err)
			}
			whole(t, f, s.body)
			if last.Stage != Checking || last.Bytes != f.Size {
				t.Errorf("at last %+v", last)
			}
			asked := s.asked.Load() // again: nothing is fetched
			if err := Get(t.Context(), f, o); err != nil || s.asked.Load() != asked {
				t.Errorf("%v, %d requests", err, s.asked.Load()-asked)
			}
		})
	}
}

func TestServersThatAreRefused(t *testing.T) {
	answer := func(status int, head ...string) func(*server) {
		return func(s *server) {
			s.before = func(_ int64, w http.ResponseWriter, r *http.Request) bool {
				for i := 0; i < len(head); i += 2 {
					w.Header().Set(head[i], head[i+1])
				}
				w.WriteHeader(status)
				w.Write(s.body[:100])
				return true
			}
		}
	}
	for name, c := range map[string]struct {
		behave func(s *server)
		want   string
	}{
		"gated 401":            {answer(401), "agree to its terms"},
		"gated 403":            {answer(403), "agree to its terms"},
		"gone":                 {answer(404), "is not there (404 Not Found)"},
		"teapot":               {answer(418), "418"},
		"shorter":              {answer(416), "shorter than the 1500000 bytes"},
		"page":                 {answer(200, "Content-Type", "text/html; charset=utf-8"), "web page"},
		"page as a part":       {answer(206, "Content-Type", "text/html"), "web page"},
		"packed":               {answer(200, "Content-Encoding", "gzip"), "packs the file"},
		"busy for an hour":     {answer(503, "Retry-After", "3600"), "left alone for 1h0m0s"},
		"always busy":          {answer(429), "429 Too Many Requests"},
		"other length":         {answer(200, "Content-Length", "100"), "has 100 bytes, not the 1500000"},
		"other total":          {answer(206, "Content-Range", "bytes 0-99/100"), "has 100 bytes, not the 1500000"},
		"huge total":           {answer(206, "Content-Range", "bytes 0-99999/9223372036854775807"), "has 9223372036854775807 bytes"},
		"no content-range":     {answer(206), "without saying which"},
		"another part":         {answer(206, "Content-Range", "bytes 7-99/1500000"), "sent 7 to 99"},
		"more than asked":      {answer(206, "Content-Range", "bytes 0-1400000/1500000"), "sent 0 to 1400000"},
		"two lengths":          {answer(206, "Content-Range", "bytes 0-98/1500000", "Content-Length", "100"), "contradicts itself"},
		"several parts":        {answer(206, "Content-Type", "multipart/byteranges; boundary=x"), "without saying which"},
		"redirect in circles":  {answer(302, "Location", "/m/file.bin"), "circles"},
		"redirect to a file":   {answer(302, "Location", "file:///etc/passwd"), "not a secure address"},
		"redirect to nowhere":  {answer(302), "answers 302"},
		"whole, and no length": {func(s *server) { s.before = longer }, "longer than the 1500000 bytes"},
		"wrong bytes": {func(s *server) {
			s.body = append([]byte{}, s.body...)
			s.body[777] ^= 1
		}, "was removed"},
		"changes always": {func(s *server) {
			s.before = func(n int64, w http.ResponseWriter, r *http.Request) bool {
				w.Header().Set("ETag", fmt.Sprintf(`"%d"`, n))
				r.Header.Del("If-Range")
				http.ServeContent(w, r, "x.bin", time.Time{}, bytes.NewReader(s.body))
				return true
			}
		}, "changes while it is fetched"},
		"one byte each time": {func(s *server) {
			s.before = func(n int64, w http.ResponseWriter, r *http.Request) bool {
				lo, _ := s.span(r)
				r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", lo, lo))
				return false
			}
		}, "less than it was asked for"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{body: content(1_500_000), etag: `"a"`}
			url := start(t, s)
			f := s.file(t, url)
			c.behave(s)
			err := Get(t.Context(), f, quick())
			if e := (*Error)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v\nlacks %q", err, c.want)
			}
			if _, err := os.Stat(f.Path); err == nil {
				t.Error("a file is there all the same")
			}
			if l := left(f); l != "" && name != "one byte each time" && name != "changes always" && name != "whole, and no length" {
				t.Errorf("left: %s", l)
			}
		})
	}
}

func longer(_ int64, w http.ResponseWriter, r *http.Request) bool {
	w.(http.Flusher).Flush()
	w.Write(make([]byte, 1_600_000))
	return true
}

func TestSecureStaysSecure(t *testing.T) {
	s := &server{body: content(1000)}
	plain := start(t, s)
	secure := httptest.NewUnstartedServer(http.RedirectHandler(plain, http.StatusFound))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it will be refused
	secure.StartTLS()
	defer secure.Close()
	f, o := s.file(t, secure.URL+"/file.bin"), quick()
	if err := Get(t.Context(), f, o); err == nil || !strings.Contains(err.Error(), "cannot prove that it is") {
		t.Errorf("an unknown certificate: %v", err)
	}
	o.Transport = secure.Client().Transport
	if err := Get(t.Context(), f, o); err == nil || !strings.Contains(err.Error(), "not a secure address") || s.asked.Load() > 0 {
		t.Errorf("from https to http: %v", err)
	}
}

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

func TestWhatIsThereIsNotWrittenOver(t *testing.T) {
	s := &server{body: content(1000)}
	f := s.file(t, start(t, s))
	os.MkdirAll(filepath.Dir(f.Path), 0o755)
	for _, other := range [][]byte{[]byte("mine"), make([]byte, 1000)} {
		os.WriteFile(f.Path, other, 0o644)
		if err := Get(t.Context(), f, quick()); err == nil || !strings.Contains(err.Error(), "another file") {
			t.Error(err)
		}
		if b, _ := os.ReadFile(f.Path); !bytes.Equal(b, other) {
			t.Error("it was written over")
		}
	}
}

func TestOneAtATime(t *testing.T) {
	s := &server{body: content(1000)}
	f := s.file(t, start(t, s))
	in, out := make(chan bool), make(chan bool)
	s.before = func(int64, http.ResponseWriter, *http.Request) bool { in <- true; <-out; return false }
	first := make(chan error)
	go func() { first <- Get(t.Context(), f, quick()) }()
	<-in
	if err := Get(t.Context(), f, quick()); err == nil || !strings.Contains(err.Error(), "already") {
		t.Error(err)
	}
	if err := Discard(f.Path); err == nil {
		t.Error("discarded under its writer")
	}
	close(out)
	if err := <-first; err != nil {
		t.Error(err)
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

func TestBadFilesAreRefused(t *testing.T) {
	good := File{URL: "https://x/y", Path: filepath.Join(t.TempDir(), "f"), Size: 1, SHA256: strings.Repeat("0", 64)}
	for name, spoil := range map[string]func(*File){
		"no scheme": func(f *File) { f.URL = "x/y" }, "ftp": func(f *File) { f.URL = "ftp://x/y" }, "control": func(f *File) { f.URL = "https://x/\n" },
		"no size": func(f *File) { f.Size = 0 }, "no sum": func(f *File) { f.SHA256 = "" }, "short sum": func(f *File) { f.SHA256 = "00" },
	} {
		f := good
		spoil(&f)
		if err := Get(t.Context(), f, quick()); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	// More than any disk has.
	s := &server{body: content(10)}
	f := s.file(t, start(t, s))
	f.Size = 1 << 60
	if e := (*disk.Error)(nil); !errors.As(Get(t.Context(), f, quick()), &e) || s.asked.Load() > 0 {
		t.Errorf("%v after %d requests", e, s.asked.Load())
	}
	// A folder that is a file.
	f = s.file(t, f.URL)
	os.WriteFile(filepath.Dir(f.Path), nil, 0o644)
	if e := (*disk.Error)(nil); !errors.As(Get(t.Context(), f, quick()), &e) {
		t.Error("no disk error")
	}
}

func TestNobodyThere(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	s := &server{body: content(10)}
	f := s.file(t, srv.URL+"/x")
	err := Get(t.Context(), f, quick())
	if err == nil || !strings.Contains(err.Error(), "gives nothing more after 7 tries") || strings.Contains(err.Error(), "Get ") {
		t.Error(err)
	}
	if l := left(f); l != "" {
		t.Errorf("left: %s", l)
	}
}

func TestPace(t *testing.T) {
	var p pace
	at, got := time.Unix(0, 0), 0.0
	for i := range 100 {
		got = p.add(at.Add(time.Duration(i)*time.Second), int64(i)*1000)
	}
	if got != 1000 {
		t.Errorf("%g bytes a second", got)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for s, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-7": 0, "soon": 0, "99999999999999999999": 0,
		"Fri, 02 Jan 2026 03:05:05 GMT": time.Minute, "Fri, 02 Jan 2026 03:03:05 GMT": 0,
	} {
		if got := retryAfter(s, now); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}
