package fetch

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

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
