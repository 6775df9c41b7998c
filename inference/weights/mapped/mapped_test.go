package mapped

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func write(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f")
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i * 7)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestViewAndReadAtAgree(t *testing.T) {
	path := write(t, 100_000)
	onDisk, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*File{onDisk, Bytes(raw)} {
		for _, c := range [][2]int64{{0, 10}, {99_990, 10}, {4097, 8191}, {100_000, 0}} {
			v, err := f.View(c[0], c[1])
			if err != nil {
				t.Fatal(err)
			}
			p := make([]byte, c[1])
			if _, err := f.ReadAt(p, c[0]); err != nil {
				t.Fatal(err)
			}
			if string(v) != string(p) || string(v) != string(raw[c[0]:c[0]+c[1]]) {
				t.Errorf("bytes at %d differ", c[0])
			}
		}
		for _, c := range [][2]int64{{-1, 4}, {0, 100_001}, {100_001, 0}, {1 << 62, 1 << 62}, {0, -1}} {
			if _, err := f.View(c[0], c[1]); err == nil {
				t.Errorf("View(%d, %d) succeeds", c[0], c[1])
			}
		}
		if _, err := f.ReadAt(make([]byte, 11), 99_990); err != io.EOF {
			t.Errorf("reading over the end: %v", err)
		}
		for range 2 {
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := f.View(0, 1); !errors.Is(err, os.ErrClosed) {
			t.Errorf("View after Close: %v", err)
		}
		if _, err := f.ReadAt(make([]byte, 1), 0); !errors.Is(err, os.ErrClosed) {
			t.Errorf("ReadAt after Close: %v", err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, path := range []string{t.TempDir(), write(t, 0), filepath.Join(t.TempDir(), "none")} {
		if f, err := Open(path); err == nil {
			t.Errorf("%s opens", path)
			_ = f.Close()
		}
	}
}

func TestFileCutShort(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let a mapped file be cut")
	}
	path := write(t, 100_000)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	view, err := f.View(0, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 10); err != nil {
		t.Fatal(err)
	}
	var sum byte
	err = Guard(func() error {
		for _, b := range view {
			sum += b
		}
		return nil
	})
	if !errors.Is(err, ErrChanged) {
		t.Errorf("Guard over lost pages: %v", err)
	}
	if _, err := f.View(0, 100_000); !errors.Is(err, ErrChanged) {
		t.Errorf("View of a cut file: %v", err)
	}
	if _, err := f.ReadAt(make([]byte, 8), 50_000); err != io.EOF {
		t.Errorf("ReadAt in a cut file: %v", err)
	}
}

func TestGuardLeavesOtherPanicsAlone(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an index out of range was taken for a lost page")
		}
	}()
	_ = Guard(func() error {
		var none []int
		_ = none[len(os.Args)]
		return nil
	})
}
