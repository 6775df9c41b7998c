package library

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// watching returns a function that waits for the next change.
func watching(t *testing.T, path string) (next func(within time.Duration) bool) {
	t.Helper()
	c := make(chan bool, 100)
	w, err := Watch(path, func() { c <- true })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return func(within time.Duration) bool {
		select {
		case <-c:
			return true
		case <-time.After(within):
			return false
		}
	}
}

const (
	soon  = 10 * time.Second // generous: the machine may be busy
	quiet = 3 * rest
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestFileIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "config.yaml")
	next := watching(t, path) // neither file nor folder is there yet
	os.Mkdir(filepath.Dir(path), 0o755)
	write(t, path, "a")
	if !next(soon) {
		t.Fatal("the first writing was not told")
	}
	// The way editors save: beside, then renamed over it.
	write(t, path+".new", "bb")
	if next(quiet) {
		t.Fatal("a file beside was told")
	}
	os.Rename(path+".new", path)
	if !next(soon) {
		t.Fatal("the replacement was not told")
	}
	write(t, path, "ccc")
	if !next(soon) {
		t.Fatal("a writing after the replacement was not told")
	}
	os.Remove(path)
	if !next(soon) {
		t.Fatal("the removal was not told")
	}
	if next(quiet) {
		t.Fatal("one change was told twice")
	}
}

func TestFolderComesToRest(t *testing.T) {
	dir := t.TempDir()
	next := watching(t, dir)
	sub := filepath.Join(dir, "wan", "vae")
	os.MkdirAll(sub, 0o755)
	f, err := os.Create(filepath.Join(sub, "x.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	for range 10 { // a copy that goes on for longer than the rest
		f.WriteString("0123456789")
		if next(rest / 3) {
			t.Fatal("told while it was still being copied")
		}
	}
	f.Close()
	if !next(soon) {
		t.Fatal("the finished copy was not told")
	}
	write(t, filepath.Join(sub, "y.safetensors.part"), "half")
	if next(quiet) {
		t.Fatal("a half-written file was told")
	}
}

// In a folder that other programs write to, only models count.
func TestOtherFilesAreNotTold(t *testing.T) {
	dir := t.TempDir()
	snap := filepath.Join(dir, "models--a--b", "snapshots", "x")
	blobs := filepath.Join(dir, "models--a--b", "blobs")
	os.MkdirAll(snap, 0o755)
	os.MkdirAll(blobs, 0o755)
	c := make(chan bool, 100)
	w, err := WatchModels(dir, func() { c <- true })
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	write(t, filepath.Join(blobs, "aa"), "weights")
	write(t, filepath.Join(snap, "config.json"), "{}")
	select {
	case <-c:
		t.Fatal("other files were told")
	case <-time.After(quiet):
	}
	link(t, filepath.Join(blobs, "aa"), filepath.Join(snap, "m.safetensors"))
	select {
	case <-c:
	case <-time.After(soon):
		t.Fatal("a new model was not told")
	}
	// Shards come after their index, and only then can it be opened.
	link(t, filepath.Join(blobs, "aa"), filepath.Join(snap, "m-00001-of-00002.safetensors"))
	select {
	case <-c:
	case <-time.After(soon):
		t.Fatal("a new shard was not told")
	}
}
