package cli

import (
	"testing"
)

func TestBytes(t *testing.T) {
	for text, want := range map[string]int64{"": 0, "8GB": 8e9, "7.5 gb": 7.5e9, "500MB": 500e6, "6GiB": 6 << 30, "8": 8e9, "12g": 12e9} {
		if got, err := parseBytes(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"much", "-1GB", "0", "8TB", "1e99GB", "GB", "nan"} {
		if got, err := parseBytes(text); err == nil {
			t.Errorf("%q passes for %d bytes", text, got)
		}
	}
}

func TestPlan(t *testing.T) {
	w := newWorld(t)
	for _, args := range [][]string{{"plan"}, {"plan", "--json", "--size", "32x48", "--frames", "3", "--budget", "2GB", "--device", "card"}} {
		if r := w.run(t.Context(), args...); r.code != OK || r.out == "" {
			t.Errorf("%v: %+v", args, r)
		}
	}
	if w.asked.Memory != 2e9 || w.asked.Device != "card" {
		t.Errorf("%+v", w.asked)
	}
	for _, args := range [][]string{{"plan", "--budget", "much"}, {"plan", "--device", "tpu"}, {"plan", "word"}, {"plan", "--size", "3"}} {
		if r := w.run(t.Context(), args...); r.code != Usage {
			t.Errorf("%v: %+v", args, r)
		}
	}
	if r := w.run(t.Context(), "generate", "--prompt", "x", "--device", "card"); r.code != Usage {
		t.Errorf("a clip on a card that is not there: %+v", r)
	}
}
