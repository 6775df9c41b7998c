package golden

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// A Mini is the miniature checkpoints of every form that real ones come in, and what
// diffusers made of them: testdata/mini, written by make.py there.
type Mini struct {
	*Case
	Made struct {
		Prompt, Negative, Cleaned string
		Size, Frames, Steps       int
		Guidance                  float64
		Sigmas                    []float64
		Part                      int // of a set's numbers every so-many-th is kept
		Sets                      []MiniSet
	}
	files map[string][]byte
}

// A MiniSet is files that make one model.
type MiniSet struct {
	Name     string
	Files    []string // patterns
	Exact    bool     // its weights are those of the first set, bit for bit
	LoRA     string   // a file to lay on, or empty
	Strength float64
}

// OpenMini reads the miniatures.
func OpenMini(t testing.TB) *Mini {
	t.Helper()
	Own(t)
	m := &Mini{Case: Open(t, "../mini/golden"), files: map[string][]byte{}}
	JSON(t, "../mini/golden", &m.Made)
	f, err := os.Open(filepath.Join(Dir(), "..", "mini", "mini.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return m
		}
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := io.Copy(&b, r); err != nil {
			t.Fatal(err)
		}
		m.files[h.Name] = b.Bytes()
	}
}

// Unpack writes the files that match a pattern below dir, and returns how many.
func (m *Mini) Unpack(t testing.TB, dir string, patterns ...string) (n int) {
	t.Helper()
	for name, b := range m.files {
		for _, p := range patterns {
			if ok, err := path.Match(p, name); err != nil {
				t.Fatal(err)
			} else if !ok {
				continue
			}
			to := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(to, b, 0o644); err != nil {
				t.Fatal(err)
			}
			n++
			break
		}
	}
	if n == 0 {
		t.Fatalf("no miniature matches %s", strings.Join(patterns, ", "))
	}
	return n
}
