package golden

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDirTakesRelativePathsFromTheTop(t *testing.T) {
	t.Setenv("KINORA_GOLDEN", "")
	own := Dir()
	if _, err := os.Stat(filepath.Join(own, "units.json")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KINORA_GOLDEN", filepath.Join("inference", "testdata", "golden"))
	if d := Dir(); d != own {
		t.Errorf("relative: %s, want %s", d, own)
	}
	abs := t.TempDir()
	t.Setenv("KINORA_GOLDEN", abs)
	if d := Dir(); d != abs {
		t.Errorf("absolute: %s, want %s", d, abs)
	}
}

// A recorder is a test that remembers whether it failed.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.failed = true }
func (r *recorder) Logf(string, ...any)   {}

func TestCompleteMissesNothing(t *testing.T) {
	c := Open(t, "dit.padded")
	fails := func(belongs func(string) bool) bool {
		r := &recorder{TB: t}
		Complete(r, c, belongs)
		return r.failed
	}
	if !fails(Result) {
		t.Error("a result that nothing was compared with passed")
	}
	if !fails(func(string) bool { return false }) {
		t.Error("a case without results passed")
	}
	Compare(&recorder{TB: t}, c, "out", c.F32(t, "out"))
	if fails(Result) {
		t.Error("a case that was compared failed")
	}
}

func TestCompareFails(t *testing.T) {
	c := Open(t, "dit.padded")
	for what, spoil := range map[string]func(v []float32) []float32{
		"value": func(v []float32) []float32 { v[len(v)-1] += float32(1.1 * c.Tolerance("out")); return v },
		"short": func(v []float32) []float32 { return v[1:] },
	} {
		r := &recorder{TB: t}
		Compare(r, c, "out", spoil(append([]float32(nil), c.F32(t, "out")...)))
		if !r.failed {
			t.Errorf("%s: passed", what)
		}
	}
}
