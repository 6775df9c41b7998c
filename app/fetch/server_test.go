package fetch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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

func longer(_ int64, w http.ResponseWriter, r *http.Request) bool {
	w.(http.Flusher).Flush()
	w.Write(make([]byte, 1_600_000))
	return true
}
