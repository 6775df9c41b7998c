package weights

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kinora/inference/tensor"
	"kinora/inference/weights/safetensors"
)

// file writes a checkpoint whose tensors are single numbers.
func file(t testing.TB, path string, values map[string]byte) string {
	t.Helper()
	var entries []safetensors.Entry
	for n, v := range values {
		entries = append(entries, safetensors.Entry{Name: n, DType: tensor.U8, Data: safetensors.Bytes([]byte{v})})
	}
	var buf bytes.Buffer
	if err := safetensors.Write(&buf, entries, map[string]string{"file": filepath.Base(path), "format": "pt"}); err != nil {
		t.Fatal(err)
	}
	return text(t, path, buf.String())
}

func text(t testing.TB, path, s string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// show prints a source as text.
func show(t testing.TB, s Source) string {
	t.Helper()
	var b strings.Builder
	for _, n := range s.Names() {
		d, shape, _ := s.Info(n)
		v, err := s.Bytes(n)
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]byte, len(v))
		if err := Read(s, n, dst); err != nil || !bytes.Equal(v, dst) {
			t.Errorf("%s: Read gives %v, %v", n, dst, err)
		}
		if err := Read(s, n, append(dst, 0)); err == nil {
			t.Errorf("%s: Read fills too much room", n)
		}
		fmt.Fprintf(&b, "%s %v%v %v; ", n, d, shape, v)
	}
	if _, err := s.Bytes("none"); err == nil {
		t.Error("bytes of a tensor that is not there")
	}
	if err := Read(s, "none", nil); err == nil {
		t.Error("read of a tensor that is not there")
	}
	if _, _, ok := s.Info("none"); ok {
		t.Error("info of a tensor that is not there")
	}
	return b.String()
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	file(t, dir+"/sharded/m-1.safetensors", map[string]byte{"a": 1, "b": 2})
	file(t, dir+"/sharded/m-2.safetensors", map[string]byte{"c": 3})
	index := text(t, dir+"/sharded/m.safetensors.index.json",
		`{"metadata":{"total_size":3},"weight_map":{"a":"m-1.safetensors","b":"m-1.safetensors","c":"m-2.safetensors"}}`)
	single := file(t, dir+"/single/any.name.safetensors", map[string]byte{"x": 9})
	odd := file(t, dir+"/odd/model.bin", map[string]byte{"x": 9})
	s, err := Open(filepath.Join("pth", "testdata", "real.pth"))
	if err != nil {
		t.Fatal(err)
	}
	if _, shape, ok := s.Info("generator.transposed"); !ok || shape.Len() != 24 {
		t.Errorf("a checkpoint of PyTorch's has %v", s.Names())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if s, err = Open(filepath.Join("gguf", "testdata", "real.gguf")); err != nil {
		t.Fatal(err)
	}
	if v, err := Value(Prefixed(s, "any."), "tokenizer.ggml.model"); v != "t5" || err != nil {
		t.Errorf("the tokenizer in a GGUF file is %v (%v)", v, err)
	}
	if v, err := Value(Prefixed(Map{}, "any."), "tokenizer.ggml.model"); v != nil || err != nil {
		t.Errorf("the tokenizer in no file is %v (%v)", v, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	const sharded = "a u8[] [1]; b u8[] [2]; c u8[] [3]; "
	for path, want := range map[string]string{
		index: sharded, filepath.Dir(index): sharded,
		single: "x u8[] [9]; ", filepath.Dir(single): "x u8[] [9]; ", odd: "x u8[] [9]; ",
	} {
		s, err := Open(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if got := show(t, s); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
		for range 2 {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := s.Bytes(s.Names()[0]); err == nil {
			t.Errorf("%s: bytes after Close", path)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	index := func(folder, shards string) string {
		file(t, at(folder+"/a.st"), map[string]byte{"a": 1})
		file(t, at(folder+"/b.st"), map[string]byte{"b": 1, "a": 2})
		return text(t, at(folder+"/x.index.json"), `{"weight_map":`+shards+`}`)
	}
	if err := os.Mkdir(at("none"), 0o755); err != nil {
		t.Fatal(err)
	}
	file(t, at("two/a.safetensors"), map[string]byte{"a": 1})
	file(t, at("two/b.safetensors"), map[string]byte{"a": 1})
	for _, c := range []struct{ path, want string }{
		{at("nowhere"), "nowhere"},
		{at("none"), "holds no checkpoint"},
		{at("two"), "holds several checkpoints; open one of a.safetensors, b.safetensors"},
		{text(t, at("empty"), ""), "is empty"},
		{text(t, at("short"), "P"), "not a model file that this program knows (safetensors"},
		{text(t, at("zip"), "PK\x03\x04"), "zip's table of contents"},
		{text(t, at("words"), "hello there, reader"), "not a model file that this program knows"},
		{text(t, at("lfs"), "version https://git-lfs.github.com/spec/v1\noid sha256:00"), "Git LFS pointer"},
		{text(t, at("page"), "<!DOCTYPE html><html>"), "a web page"},
		{text(t, at("pickle"), "\x80\x02}q\x00."), "save it again as safetensors"},
		{text(t, at("zeros"), strings.Repeat("\x00", 100)), "not finished"},
		{text(t, at("cut"), "\x20\x00\x00\x00\x00\x00\x00\x00{"), "cut short"},
		{text(t, at("config.json"), `{"_class_name":"WanModel"}`), "has no weight_map"},
		{text(t, at("list.json"), `{"weight_map":["a"]}`), "not an index of shards"},
		{text(t, at("broken.json"), ` {"weight_map":`), "not an index of shards"},
		{index("missing", `{"a":"a.st","c":"c.st"}`), "names the shard c.st, which is not there"},
		{index("stranger", `{"q":"a.st"}`), "looks for q in a.st, which does not hold it"},
		{index("double", `{"a":"a.st","b":"b.st"}`), "two files hold a"},
		{index("up", `{"a":"../double/a.st"}`), "not the name of a file beside the index"},
		{index("away", `{"a":"/etc/passwd"}`), "not the name of a file beside the index"},
		{index("back", `{"a":"..\\a.st"}`), "not the name of a file beside the index"},
		{index("drive", `{"a":"C:a.st"}`), "not the name of a file beside the index"},
		{index("dot", `{"a":"."}`), "not the name of a file beside the index"},
		{index("noname", `{"a":""}`), "not the name of a file beside the index"},
		{index("self", `{"a":"x.index.json"}`), "JSON, not a checkpoint"},
	} {
		_, err := Open(c.path)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want …%s…", c.path, err, c.want)
		}
	}
}

func TestViews(t *testing.T) {
	dir := t.TempDir()
	open := func(name string, values map[string]byte) Source {
		s, err := Open(file(t, filepath.Join(dir, name), values))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open("all", map[string]byte{"dit.w": 1, "dit.b": 2, "vae.w": 3, "other": 4})
	defer s.Close()
	m := Map{"own": {DType: tensor.U8, Shape: tensor.Shape{2}, Data: []byte{5, 6}}}
	must := func(s Source, err error) Source {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct {
		s    Source
		want string
	}{
		{Within(s, "dit."), "b u8[] [2]; w u8[] [1]; "},
		{Within(s, "none."), ""},
		{Within(s, ""), show(t, s)},
		{Prefixed(Within(s, "vae."), "model."), "model.w u8[] [3]; "},
		{must(Join(Within(s, "vae."), m)), "own u8[2] [5 6]; w u8[] [3]; "},
		{must(Rename(s, func(n string) string { return strings.ReplaceAll(n, ".w", ".weight") })),
			"dit.b u8[] [2]; dit.weight u8[] [1]; other u8[] [4]; vae.weight u8[] [3]; "},
	} {
		if got := show(t, c.s); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	if _, err := Join(s, s); err == nil || !strings.Contains(err.Error(), "two files hold dit.b") {
		t.Errorf("join with itself: %v", err)
	}
	if _, err := Rename(s, func(string) string { return "one" }); err == nil || !strings.Contains(err.Error(), "both mean one") {
		t.Errorf("rename all to one: %v", err)
	}
	u := open("second", map[string]byte{"z": 1})
	defer u.Close()
	notes := Metadata(must(Join(Within(s, "dit."), m, u)))
	if notes["file"] != "all" || notes["format"] != "pt" {
		t.Errorf("notes %v", notes)
	}
	if names := s.Names(); !slices.IsSorted(names) {
		t.Errorf("names %v", names)
	}
}
