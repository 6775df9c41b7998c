package disk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func anyName(string) bool { return true }

func TestWholeOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "a.txt")
	p, err := Create(OS{}, path)
	if err != nil {
		t.Fatal(err)
	}
	p.Write([]byte("half"))
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("seen before it is whole")
	}
	if _, err := Create(OS{}, path); err == nil || !strings.Contains(err.Error(), "another Kinora") {
		t.Errorf("two write the same file: %v", err)
	}
	Sweep(OS{}, filepath.Dir(path), anyName) // must leave what is being written
	if err := p.Commit(); err != nil {
		t.Fatal(err)
	}
	p.Abort()
	if b, err := os.ReadFile(path); string(b) != "half" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if err := WriteFile(OS{}, path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	p, _ = Create(OS{}, path)
	p.Write([]byte("never"))
	p.Abort()
	if b, _ := os.ReadFile(path); string(b) != "new" {
		t.Errorf("%q", b)
	}
	if left, _ := filepath.Glob(path + Part); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestSweepTakesWhatIsOurs(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{"ours.mp4.part", "theirs.bin.part", "ours.mp4"} {
		os.WriteFile(filepath.Join(dir, name), nil, 0o644)
		os.Chtimes(filepath.Join(dir, name), old, old)
	}
	Sweep(OS{}, dir, func(name string) bool { return name == "ours.mp4" })
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(left) != 2 {
		t.Errorf("left: %v", left)
	}
	// One that a dead process left is replaced.
	part := filepath.Join(dir, "b"+Part)
	os.WriteFile(part, []byte("old"), 0o644)
	os.Chtimes(part, old, old)
	if err := WriteFile(OS{}, filepath.Join(dir, "b"), []byte("new")); err != nil {
		t.Error(err)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x", "lock")
	if Held(path) {
		t.Error("held before it is there")
	}
	l, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	if !Held(path) {
		t.Error("not held")
	}
	if _, err := Acquire(path); err == nil {
		t.Error("held twice")
	}
	l.Unlock()
	if Held(path) {
		t.Error("held after it was let go")
	}
}

func TestCopy(t *testing.T) {
	dir := t.TempDir()
	path, want := filepath.Join(dir, "a"), strings.Repeat("clip", 1<<19)
	if err := Copy(t.Context(), OS{}, path, strings.NewReader(want)); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(path); string(b) != want {
		t.Errorf("%d bytes of %d", len(b), len(want))
	}
	over, stop := context.WithCancel(t.Context())
	stop()
	if err := Copy(over, OS{}, path, strings.NewReader("new")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := Copy(t.Context(), OS{}, path, iotest.ErrReader(io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	if b, _ := os.ReadFile(path); string(b) != want {
		t.Error("a copy that failed changed the file")
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

func TestErrorsAreSentences(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o644)
	err := Probe(OS{}, filepath.Join(file, "a"))
	if e := (*Error)(nil); !errors.As(err, &e) || !strings.HasPrefix(err.Error(), "cannot write ") {
		t.Errorf("%v", err)
	}
	for want, e := range map[string]error{"no permission": fs.ErrPermission, "does not exist": fs.ErrNotExist} {
		if text := (&Error{"/a/b", e}).Error(); !strings.Contains(text, want) || !strings.Contains(text, "/a/b") {
			t.Error(text)
		}
	}
}
