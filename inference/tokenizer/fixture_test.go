package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The hardest lines of a differential run against the real libraries; see
// testdata/make.py.
func TestFixtures(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join("testdata", "*.lines.json"))
	if len(paths) == 0 {
		t.Fatal("no fixtures")
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var cases []struct {
			Text string
			IDs  []int32
		}
		if err := json.Unmarshal(b, &cases); err != nil || len(cases) == 0 {
			t.Fatalf("%s: %d cases, %v", path, len(cases), err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".lines.json")
		vocab, err := os.ReadFile(filepath.Join("testdata", name))
		if os.IsNotExist(err) {
			vocab, err = os.ReadFile(filepath.Join("..", "testdata", "golden", name))
		}
		if err != nil {
			t.Fatal(err)
		}
		tok, err := Open(vocab)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			if got := tok.Encode(c.Text); !slices.Equal(got, c.IDs) {
				t.Errorf("%s: %q:\n%v, want\n%v", path, c.Text, got, c.IDs)
			}
		}
	}
}
