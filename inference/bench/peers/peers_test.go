package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kinora/inference/tensor"
	"kinora/inference/weights"
)

func TestStepsDone(t *testing.T) {
	const bar = "\r  |=======>      | "
	for want, log := range []string{
		bar + "825/825 - 91.02it/s\x1b[K\n[INFO ] Wan2.1-T2V-1.3B",
		bar + "1/4 - 812.40MB/s\x1b[K" + bar + "1/3 - 12.31s/it\x1b[K",
		bar + "1/3 - 12.31s/it\x1b[K" + bar + "2/3 - 1.04it/s\x1b[K",
		bar + "1/3 - 12.31s/it\x1b[K" + bar + "2/3 - 1.04it/s\x1b[K" + bar + "3/3 - 0.99s/it\x1b[K\n",
	} {
		if got := stepsDone([]byte(log), 3); got != want {
			t.Errorf("%q: %d steps, want %d", log, got, want)
		}
	}
}

func TestParseClips(t *testing.T) {
	got, err := parseClips("256x256x1,384x256x9")
	if err != nil || !slices.Equal(got, []clip{{256, 256, 1}, {384, 256, 9}}) || got[1].tokens() != 1152 {
		t.Errorf("%v %v", got, err)
	}
	for _, s := range []string{"", "256x256", "250x256x1", "256x256x4", "256x256x1x", "-16x16x1", "16x99999984x1"} {
		if c, err := parseClips(s); err == nil {
			t.Errorf("%q is %v", s, c)
		}
	}
}

// The tensors that the peer asks for: counted in its source, and the corners.
func TestTiny(t *testing.T) {
	l := tiny(16)
	for name, want := range map[string]tensor.Shape{
		"encoder.0.weight": {64, 3, 3, 3}, "encoder.12.conv.weight": {64, 64, 1, 1}, "encoder.16.conv.4.bias": {64}, "encoder.17.bias": {16},
		"decoder.1.weight": {256, 16, 3, 3}, "decoder.13.conv.weight": {256, 128, 1, 1}, "decoder.20.weight": {64, 64, 3, 3}, "decoder.22.weight": {3, 64, 3, 3},
	} {
		if !slices.Equal(l[name], want) {
			t.Errorf("%s is %v, want %v", name, l[name], want)
		}
	}
	if len(l) != 2*(2+2+9*6+6)-2*2+2*2 {
		t.Errorf("%d tensors", len(l))
	}
}

// All kinds hold the same numbers and give the same step, as near as they can; where
// PyTorch is installed, it gives the same.
func TestRounds(t *testing.T) {
	dir := t.TempDir()
	ours := &kinora{build: small, threads: 2, steps: 2, scratch: dir}
	theirs := &torch{python: "python3", build: small, threads: 2, steps: 1, scratch: dir}
	_, absent := theirs.ready(t.Context())
	clips := []clip{{32, 48, 5}}
	var first []float32
	for _, k := range kinds {
		path, err := checkpoint(t.Context(), dir, small, k)
		if err != nil {
			t.Fatal(err)
		}
		src, err := weights.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if d, _, _ := src.Info("blocks.1.ffn.0.weight"); d != k.to {
			t.Errorf("%s is stored as %v", k.name, d)
		}
		src.Close()
		got, err := ours.round(t.Context(), path, k, clips)
		if err != nil {
			t.Fatal(err)
		}
		if r := got[clips[0]]; len(r.seconds) != 2 || slices.Min(r.seconds) <= 0 {
			t.Errorf("%s: %+v", k.name, r)
		}
		b, err := os.ReadFile(filepath.Join(dir, "32x48x5-"+k.name+".f32"))
		if err != nil {
			t.Fatal(err)
		}
		y := tensor.View[float32](b)
		if first == nil {
			first = y
		}
		if off := distance(y, first); off > 0.01 || off != off {
			t.Errorf("%s is %g off f32", k.name, off)
		}
		if absent != nil || !theirs.takes(k) {
			continue
		}
		want := map[string]float64{"f32": 1e-5, "bf16": 0.02, "f16": 0.003}[k.name]
		if got, err = theirs.round(t.Context(), path, k, clips); err != nil || got[clips[0]].error > want || !got[clips[0]].checked {
			t.Errorf("PyTorch, %s: %+v %v", k.name, got, err)
		}
	}
}

func distance(a, b []float32) float64 {
	var d, n float64
	for i := range a {
		d += float64(a[i]-b[i]) * float64(a[i]-b[i])
		n += float64(b[i]) * float64(b[i])
	}
	return math.Sqrt(d / n)
}

func TestTable(t *testing.T) {
	c := clip{64, 64, 5}
	ours, theirs := &kinora{}, &torch{}
	tab := newTable([]peer{ours, theirs}, kinds[:1], []clip{c})
	tab.add(ours, kinds[0], map[clip]result{c: {seconds: []float64{2, 4}, work: []float64{3, 3}}})
	tab.add(theirs, kinds[0], map[clip]result{c: {seconds: []float64{8}, work: []float64{0}, error: 1e-6, checked: true}})
	tab.add(theirs, kinds[0], map[clip]result{c: {seconds: []float64{4, 5}, work: []float64{6, 7}, error: 2e-6, checked: true}})
	var b strings.Builder
	tab.print(&b)
	for _, want := range []string{"Kinora                  2.000    3.000      3.00\n", "PyTorch                 4.000    5.000                   0.50                2.0e-06 off\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

func TestRunSaysWhatIsMissing(t *testing.T) {
	var b strings.Builder
	o := options{python: "no-such-python", sdcpp: "no-such-sd", threads: 1, rounds: 1, steps: 1, kinds: "bf16", sizes: "32x32x1", small: true}
	if err := run(t.Context(), o, &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"PyTorch is left out: no-such-python", "pip install torch safetensors", "stable-diffusion.cpp is left out", "32x32x1"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	for _, bad := range []options{{kinds: "q9", sizes: "32x32x1", threads: 1, rounds: 1, steps: 1}, {kinds: "f32", sizes: "1", threads: 1, rounds: 1, steps: 1}, {kinds: "f32", sizes: "32x32x1"}} {
		if err := run(t.Context(), bad, &b); err == nil {
			t.Errorf("%+v runs", bad)
		}
	}
}
