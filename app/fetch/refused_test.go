package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinora/app/disk"
)

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
