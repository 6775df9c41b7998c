package fetch

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestKilled ends a process in the middle of a download, however suddenly; the next
// one goes on from what it wrote down.
func TestKilled(t *testing.T) {
	const size, had = 1_000_003, 600_000
	s := &server{body: content(size), etag: `"a"`}
	if url := os.Getenv("KINORA_TEST_URL"); url != "" { // the process that dies
		f := s.file(t, url)
		f.Path = os.Getenv("KINORA_TEST_PATH")
		o := quick()
		o.Idle = time.Hour
		t.Fatal(Get(t.Context(), f, o))
	}
	s.before = func(_ int64, w http.ResponseWriter, r *http.Request) bool {
		if lo, hi := s.span(r); hi <= had {
			return false
		} else if lo < had {
			s.drop(w, r, had-lo)
		}
		<-r.Context().Done() // with several parts under way
		return true
	}
	url := start(t, s)
	f := s.file(t, url)
	c := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	c.Env = append(os.Environ(), "KINORA_TEST_URL="+url, "KINORA_TEST_PATH="+f.Path)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if b, _ := os.ReadFile(f.Path + stateEnd); strings.Contains(string(b), "have 0 600000") {
			break
		}
		if time.Now().After(until) {
			c.Process.Kill()
			t.Fatal("nothing was written down")
		}
	}
	c.Process.Kill()
	c.Wait()
	s.mu.Lock() // once the dead one's requests are over
	s.before = nil
	s.mu.Unlock()
	s.sent.Store(0)
	if err := Get(t.Context(), f, quick()); err != nil {
		t.Fatal(err)
	}
	whole(t, f, s.body)
	if n := s.sent.Load(); n != size-had {
		t.Errorf("%d bytes were sent again, want %d", n, size-had)
	}
}
