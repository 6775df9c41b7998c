package library

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"kinora/inference"
	"kinora/inference/golden"
	"kinora/inference/weights/safetensors"
)

const tinyManifest = `{"name":"starter","title":"Starter","defaults":{"width":64,"height":32,"frames":5,"fps":8,"steps":2,"guidance":1,"shift":5,"sampler":"euler"},
"size_step":32,"max_size":256,"note":"tiny","words":{"en":["a","red","fish","swims","to the left"],"zh":["红色","鱼"]},
"examples":{"class animation":[{"en":"a red fish","zh":"红色的鱼"}]}}`

// file writes golden weights as a safetensors file.
func file(t *testing.T, path, name string) {
	t.Helper()
	golden.Own(t)
	c := golden.Open(t, name)
	var list []safetensors.Entry
	for _, n := range c.Tensors.Names() {
		e := c.Tensors[n]
		list = append(list, safetensors.Entry{Name: n, DType: e.DType, Shape: e.Shape, Data: safetensors.Bytes(e.Data)})
	}
	config, err := json.Marshal(c.Config("config"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := safetensors.Write(f, list, map[string]string{"config": string(config)}); err != nil {
		t.Fatal(err)
	}
}

func spieceFile(t *testing.T, path string) {
	t.Helper()
	golden.Own(t)
	b, err := os.ReadFile(filepath.Join(golden.Dir(), "tokenizer.model"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// builtIn has only a manifest: what is built in is not what these tests open.
var builtIn = fstest.MapFS{"model.json": {Data: []byte(tinyManifest)}}

// comfy lays the golden model out as a ComfyUI folder.
func comfy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	file(t, filepath.Join(dir, "diffusion_models", "tiny.safetensors"), "dit.weights")
	file(t, filepath.Join(dir, "text_encoders", "t5.safetensors"), "t5.weights")
	file(t, filepath.Join(dir, "vae", "wan_vae.safetensors"), "vae.weights")
	spieceFile(t, filepath.Join(dir, "text_encoders", "spiece.model"))
	return dir
}

func open(t *testing.T, dirs ...string) *Library {
	t.Helper()
	l, err := New(builtIn, dirs...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestPartsArePaired(t *testing.T) {
	l := open(t, comfy(t))
	all := l.Models()
	if len(all) != 2 || all[0].Name != "starter" || all[1].Name != "tiny" {
		t.Fatalf("models %+v, faults %v", all, l.Faults())
	}
	// The file comes first, since that is what tells one from another where room is
	// short; and which of several parts were taken is told.
	if m := all[1]; !strings.HasPrefix(m.Title, "tiny (") || !strings.Contains(m.Note, "the text encoder text_encoders/") || !strings.Contains(m.Note, "the VAE vae/") {
		t.Errorf("%q, %q", m.Title, m.Note)
	}
	c, closer, err := l.Open("tiny")
	if err != nil {
		t.Fatal(err)
	}
	defer closer()
	if _, _, ok := c.VAE.Info("conv2.weight"); !ok || c.Tokenizer.Size() == 0 {
		t.Error("the parts are not there")
	}
}

func TestMissingPartIsNamed(t *testing.T) {
	dir := comfy(t)
	if err := os.RemoveAll(filepath.Join(dir, "vae")); err != nil {
		t.Fatal(err)
	}
	l := open(t, dir)
	if n := len(l.Models()); n != 1 {
		t.Errorf("%d models", n)
	}
	var told string
	for _, err := range l.Faults() {
		told += err.Error()
	}
	if !strings.Contains(told, "needs a VAE with 48 channels") {
		t.Errorf("faults say %q", told)
	}
}

func TestFolderWithManifest(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mine")
	for part, from := range map[string]string{"dit": "dit.weights", "text_encoder": "t5.weights", "vae": "vae.weights"} {
		file(t, filepath.Join(dir, part+".safetensors"), from)
	}
	spieceFile(t, filepath.Join(dir, "tokenizer.model"))
	if err := os.WriteFile(filepath.Join(dir, "model.json"), []byte(tinyManifest), 0o644); err != nil {
		t.Fatal(err)
	}
	l := open(t, filepath.Dir(dir))
	if all := l.Models(); len(all) != 2 || all[1].Name != "starter-2" {
		t.Fatalf("models %+v, faults %v", all, l.Faults())
	}
	if _, closer, err := l.Open("starter-2"); err != nil {
		t.Error(err)
	} else {
		closer()
	}
	// Half copied: the VAE is cut short.
	if err := os.Truncate(filepath.Join(dir, "vae.safetensors"), 100000); err != nil {
		t.Fatal(err)
	}
	l = open(t, filepath.Dir(dir))
	if n, faults := len(l.Models()), l.Faults(); n != 1 || len(faults) == 0 {
		t.Errorf("a half-copied model is offered: %d models, faults %v", n, faults)
	}
}

func TestOpenRefuses(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "nowhere"))
	for _, name := range []string{"huge", "starter"} { // the built-in one has no weights here
		if _, _, err := l.Open(name); !errors.Is(err, inference.ErrNoModel) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, broken := range []string{"", "{", `{"name":"x"}`, `{"name":"x","size_step":8}`} {
		if _, err := New(fstest.MapFS{"model.json": {Data: []byte(broken)}}); err == nil {
			t.Errorf("manifest %q was taken", broken)
		}
	}
}

func TestExamplesBySituation(t *testing.T) {
	if e := open(t).Examples("starter")["class"]; len(e) != 1 || e[0].Chinese == "" {
		t.Errorf("examples %v", e)
	}
}
