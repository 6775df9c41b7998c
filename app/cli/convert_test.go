package cli

import (
	"context"
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kinora/assets"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/quant"
)

// starterFile writes a part of the built-in model to a folder.
func starterFile(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := fs.ReadFile(assets.Starter(), name)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func checkpoint(t *testing.T, path string) weights.Source {
	t.Helper()
	s, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// numbers reads a tensor as what it stands for.
func numbers(t *testing.T, s weights.Source, name string) (tensor.DType, tensor.Shape, []float32) {
	t.Helper()
	d, shape, ok := s.Info(name)
	b, err := s.Bytes(name)
	v := make([]float32, shape.Len())
	if err == nil {
		err = quant.Widen(v, d, b)
	}
	if !ok || err != nil {
		t.Fatalf("%s: %v %v", name, ok, err)
	}
	return d, shape, v
}

// A part of the built-in model goes to eight bits and back: the same tensors, about
// the same numbers.
func TestConvert(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	for name, changed := range map[string]int{"dit": 6 * 14, "text_encoder": 3*7 + 1} {
		from := starterFile(t, dir, name+".safetensors")
		narrow, back := filepath.Join(dir, name+".gguf"), filepath.Join(dir, "new", name+".safetensors")
		r := w.run(t.Context(), "convert", from, "--out", narrow)
		if r.code != OK || r.err != "" || !strings.HasPrefix(r.out, narrow+": ") || !strings.Contains(r.out, "in GGUF") {
			t.Fatalf("%+v", r)
		}
		if r = w.run(t.Context(), "convert", "--type", "BF16", narrow, "--out", back); r.code != OK || !strings.Contains(r.out, "in safetensors") {
			t.Fatalf("%+v", r)
		}
		before, middle, after := checkpoint(t, from), checkpoint(t, narrow), checkpoint(t, back)
		if weights.Metadata(after)["config"] != weights.Metadata(before)["config"] {
			t.Errorf("%s: config %q", name, weights.Metadata(after)["config"])
		}
		names := before.Names()
		if got := after.Names(); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(names))) {
			t.Errorf("%s: tensors %v, want %v", name, got, names)
		}
		eight := 0
		for _, n := range names {
			d, shape, x := numbers(t, before, n)
			d2, shape2, y := numbers(t, after, n)
			if d != d2 || !slices.Equal(shape, shape2) {
				t.Errorf("%s of %s came back as %v %v, was %v %v", n, name, d2, shape2, d, shape)
			}
			limit := 0.0
			if stored, _, _ := middle.Info(n); stored == tensor.Q8_0 {
				eight, limit = eight+1, 0.01
			}
			var off, of float64
			for i := range x {
				off, of = off+math.Pow(float64(x[i]-y[i]), 2), of+math.Pow(float64(x[i]), 2)
			}
			if math.Sqrt(off) > limit*math.Sqrt(of) {
				t.Errorf("%s of %s moved by %.4f", n, name, math.Sqrt(off/of))
			}
		}
		if eight != changed {
			t.Errorf("%d tensors of %s are in eight bits, want %d", eight, name, changed)
		}
	}
}

// Each way it can go wrong has its code and leaves no file.
func TestConvertRefuses(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	from := starterFile(t, dir, "text_encoder.safetensors")
	vae := starterFile(t, dir, "vae.safetensors")
	other := filepath.Join(dir, "notes.safetensors")
	cut := filepath.Join(dir, "cut.safetensors")
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	for path, b := range map[string][]byte{other: []byte("no weights"), cut: b[:len(b)/2]} {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "new.gguf")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{}, Usage, "name the model file"},
		{[]string{from}, Usage, "name the model file"},
		{[]string{from, from, "--out", out}, Usage, "name the model file"},
		{[]string{from, "--out", filepath.Join(dir, "new.bin")}, Usage, "must end in .gguf or .safetensors"},
		{[]string{from, "--type", "q9", "--out", out}, Usage, `no type "q9"`},
		{[]string{from, "--type", "q8_0", "--out", filepath.Join(dir, "new.safetensors")}, Usage, "GGUF files only"},
		{[]string{from, "--type", "fp8", "--out", out}, Usage, "safetensors files only"},
		{[]string{from, "--type", "f16", "--out", from, "--force"}, Usage, "over itself"},
		{[]string{from, "--type", "f16", "--out", vae}, Usage, "--force"},
		{[]string{vae, "--out", out}, Usage, "no weights that q8_0 is for"},
		{[]string{filepath.Join(dir, "nowhere.gguf"), "--out", out}, NoModel, "nowhere.gguf"},
		{[]string{other, "--out", out}, NoModel, "notes.safetensors"},
		{[]string{cut, "--out", out}, NoModel, "cut.safetensors"},
		{[]string{from, "--out", filepath.Join(other, "new.gguf")}, NoWrite, "cannot write"},
		{[]string{from, "--what"}, Usage, "kinora convert --help"},
	} {
		r := w.run(t.Context(), append([]string{"convert"}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.err, c.want) || r.out != "" {
			t.Errorf("%v: %+v, want code %d and …%s…", c.args, r, c.code, c.want)
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if r := w.run(stopped, "convert", from, "--out", out); r.code != Interrupted {
		t.Errorf("%+v", r)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "new*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	// With --force, a file that is there is written over.
	for _, want := range []int{OK, Usage} {
		if r := w.run(t.Context(), "convert", from, "--out", out); r.code != want {
			t.Errorf("%+v", r)
		}
	}
	if r := w.run(t.Context(), "convert", from, "--out", out, "--type", "f16", "--force"); r.code != OK {
		t.Errorf("%+v", r)
	}
	if d, _, _ := checkpoint(t, out).Info("token_embedding.weight"); d != tensor.F16 {
		t.Errorf("the old file is still there, with %v", d)
	}
}

// Programs read one object a line, and the last tells how it ended.
func TestConvertJSON(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	from, out := starterFile(t, dir, "text_encoder.safetensors"), filepath.Join(dir, "new.gguf")
	for _, c := range []struct {
		args  []string
		event string
		code  int
	}{{[]string{from}, "done", OK}, {[]string{from}, "failed", Usage}, {[]string{"nowhere", "--force"}, "failed", NoModel}} {
		r := w.run(t.Context(), append([]string{"convert", "--json", "--out", out}, c.args...)...)
		var last event
		for line := range strings.Lines(r.out) {
			if err := json.Unmarshal([]byte(line), &last); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
		if r.code != c.code || r.err != "" || last.Event != c.event || last.Code != c.code || c.code == OK && (last.Output != out || last.Text == "") {
			t.Errorf("%v: %+v", c.args, r)
		}
	}
}
