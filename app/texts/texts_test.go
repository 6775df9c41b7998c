package texts

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kinora/app/disk"
)

func TestTextsComeBackWhole(t *testing.T) {
	f := In(disk.OS{}, filepath.Join(t.TempDir(), "texts"))
	if _, ok := f.Get("a"); ok {
		t.Error("an empty folder has a text")
	}
	rows := bytes.Repeat([]byte{1, 2, 3, 4}, 100)
	f.Put("a", rows)
	if got, ok := f.Get("a"); !ok || !bytes.Equal(got, rows) {
		t.Errorf("%v %d bytes", ok, len(got))
	}
	path := filepath.Join(f.dir, "a"+ending)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) { // cut short, or changed in one place
		os.WriteFile(path, whole[:n], 0o644)
		if _, ok := f.Get("a"); ok {
			t.Fatalf("%d of %d bytes pass for whole", n, len(whole))
		}
		bad := bytes.Clone(whole)
		bad[n] ^= 1
		os.WriteFile(path, bad, 0o644)
		if _, ok := f.Get("a"); ok {
			t.Fatalf("a change of byte %d was not noticed", n)
		}
	}
}

func TestLongestUnusedGoesFirst(t *testing.T) {
	f := In(disk.OS{}, t.TempDir())
	f.most = 5 * 132
	for i := range 5 {
		f.Put(fmt.Sprint(i), make([]byte, 100))
		at := time.Now().Add(time.Duration(i-10) * time.Hour)
		os.Chtimes(filepath.Join(f.dir, fmt.Sprint(i)+ending), at, at)
	}
	f.Get("0") // used just now
	f.Put("5", make([]byte, 100))
	for i, want := range []bool{true, false, true, true, true, true} {
		if _, ok := f.Get(fmt.Sprint(i)); ok != want {
			t.Errorf("text %d is there: %v", i, ok)
		}
	}
}
