package safetensors_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"kinora/inference/golden"
	"kinora/inference/weights/safetensors"
)

// Files written by another implementation must read as the golden helper, which
// trusts them, reads them.
func TestGoldenFiles(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(golden.Dir(), "*.safetensors"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in %s (%v)", golden.Dir(), err)
	}
	for _, path := range paths {
		c := golden.Open(t, strings.TrimSuffix(filepath.Base(path), ".safetensors"))
		f, err := safetensors.Open(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if len(f.Names()) != len(c.Tensors) {
			t.Errorf("%s: %d tensors, want %d", path, len(f.Names()), len(c.Tensors))
		}
		for name, want := range c.Tensors {
			d, s, ok := f.Info(name)
			got, err := f.Bytes(name)
			if !ok || err != nil || d != want.DType || !s.Equal(want.Shape) || !bytes.Equal(got, want.Data) {
				t.Errorf("%s: %s differs: %v %v %v", path, name, d, s, err)
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
