package library

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	home := t.TempDir()
	comfy := filepath.Join(home, "Documents", "ComfyUI", "models")
	cache := filepath.Join(home, ".cache", "huggingface", "hub")
	other := filepath.Join(home, "other", "hub")
	for _, dir := range []string{comfy, cache, other} {
		os.MkdirAll(dir, 0o755)
	}
	for _, c := range []struct {
		env  map[string]string
		want []string
	}{
		{nil, []string{comfy, cache}},
		{map[string]string{"HF_HOME": filepath.Join(home, "other")}, []string{comfy, other}},
		{map[string]string{"HF_HOME": "~/other"}, []string{comfy, other}},
		{map[string]string{"HF_HUB_CACHE": other, "HF_HOME": "/nowhere"}, []string{comfy, other}},
		{map[string]string{"HUGGINGFACE_HUB_CACHE": comfy}, []string{comfy}}, // once
		{map[string]string{"XDG_CACHE_HOME": filepath.Join(home, ".cache")}, []string{comfy, cache + "x"}},
		{map[string]string{"HF_HOME": "relative"}, []string{comfy}},
	} {
		if c.env["XDG_CACHE_HOME"] != "" {
			c.want[1] = cache
		}
		got := find(func(k string) string { return c.env[k] }, home, nil)
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.env, got, c.want)
		}
	}
	if got := find(func(string) string { return "" }, "", []string{home}); len(got) > 0 {
		t.Errorf("without a home: %v", got)
	}
}

// link makes a link as the Hugging Face cache does, or, where there are none, what
// it does then: a copy.
func link(t *testing.T, blob, at string) {
	t.Helper()
	os.MkdirAll(filepath.Dir(at), 0o755)
	rel, err := filepath.Rel(filepath.Dir(at), blob)
	if err == nil {
		err = os.Symlink(rel, at)
	}
	if err != nil && runtime.GOOS == "windows" {
		b, _ := os.ReadFile(blob)
		err = os.WriteFile(at, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A denoiser in ComfyUI's tree, a text encoder in the Hugging Face cache, a VAE in
// the folder that was told: together they are a model.
func TestPartsFromSeveralFolders(t *testing.T) {
	told, comfy, cache := t.TempDir(), t.TempDir(), t.TempDir()
	repo := filepath.Join(cache, "models--Wan-AI--tiny")
	file(t, filepath.Join(told, "wan_vae.safetensors"), "vae.weights")
	file(t, filepath.Join(comfy, "diffusion_models", "tiny.safetensors"), "dit.weights")
	file(t, filepath.Join(repo, "blobs", "aa"), "t5.weights")
	spieceFile(t, filepath.Join(repo, "blobs", "bb"))
	for _, rev := range []string{"one", "two"} { // of which only one file is new
		link(t, filepath.Join(repo, "blobs", "aa"), filepath.Join(repo, "snapshots", rev, "text_encoder", "model.safetensors"))
		link(t, filepath.Join(repo, "blobs", "bb"), filepath.Join(repo, "snapshots", rev, "tokenizer", "spiece.model"))
	}
	// What cannot be read is told of where it was told to look, and only there.
	for _, dir := range []string{told, comfy, cache} {
		os.WriteFile(filepath.Join(dir, "broken.safetensors"), []byte("no"), 0o644)
	}
	os.MkdirAll(filepath.Join(cache, "datasets--x", "snapshots"), 0o755)
	os.WriteFile(filepath.Join(cache, "datasets--x", "snapshots", "y.safetensors"), []byte("no"), 0o644)

	l, err := NewWith(builtIn, []string{told}, []string{comfy, cache}, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := l.Models()
	if len(all) != 2 || all[1].Name != "tiny" {
		t.Fatalf("%+v, faults %v", all, l.Faults())
	}
	if f := l.Faults(); len(f) != 1 || f[filepath.Join(told, "broken.safetensors")] == nil {
		t.Errorf("faults %v", f)
	}
	c, closer, err := l.Open("tiny")
	if err != nil || c.Tokenizer == nil {
		t.Fatal(err)
	}
	closer()
	if runtime.GOOS != "windows" {
		if n := len(checkpoints(cache, maxFound)); n != 3 {
			t.Errorf("%d files are looked into", n)
		}
		var faults = map[string]error{}
		if found, _ := parts([]string{cache, cache}, nil, faults); len(found) != 1 {
			t.Errorf("one file under two names is %d parts", len(found))
		}
	}
	// Without the others its parts are missed, and which is told to programs too.
	if l, _ = NewWith(builtIn, nil, []string{comfy}, 0); len(l.Faults()) > 0 {
		t.Errorf("a model of another program is complained of: %v", l.Faults())
	}
	l, _ = NewWith(builtIn, []string{comfy}, nil, 0)
	var lacking *Lacking
	for _, err := range l.Faults() {
		errors.As(err, &lacking)
	}
	if lacking == nil || fmt.Sprint(lacking.Parts) != "[text_encoder vae]" || !strings.Contains(lacking.Error(), "needs a text encoder") {
		t.Errorf("%v: %+v", l.Faults(), lacking)
	}
}

func TestLargeTreesEnd(t *testing.T) {
	dir := t.TempDir()
	for i := range 30 {
		os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.safetensors", i)), nil, 0o644)
	}
	if n := len(checkpoints(dir, 7)); n != 7 {
		t.Errorf("%d files", n)
	}
	for _, name := range []string{"zz/umt5_xxl.safetensors", "zz/wan2.2_vae.safetensors"} { // after all others by name
		os.MkdirAll(filepath.Join(dir, "zz"), 0o755)
		write(t, filepath.Join(dir, filepath.FromSlash(name)), "")
	}
	if list := checkpoints(dir, 7); len(list) != 7 || filepath.Base(list[6]) != "wan2.2_vae.safetensors" || filepath.Base(list[5]) != "umt5_xxl.safetensors" || filepath.Base(list[0]) != "00.safetensors" {
		t.Errorf("of many: %v", list)
	}
	os.RemoveAll(filepath.Join(dir, "zz"))
	deep := dir
	for range maxDepth + 3 {
		deep = filepath.Join(deep, "d")
	}
	os.MkdirAll(deep, 0o755)
	os.WriteFile(filepath.Join(deep, "x.safetensors"), nil, 0o644)
	if n := len(checkpoints(dir, 100)); n != 30 {
		t.Errorf("%d files", n)
	}
	if runtime.GOOS != "windows" { // a link in place of the folder
		at := filepath.Join(t.TempDir(), "models")
		os.Symlink(dir, at)
		if list := checkpoints(at, 100); len(list) != 30 || !strings.HasPrefix(list[0], at) {
			t.Errorf("through a link: %v", list)
		}
	}
}

func TestModelName(t *testing.T) {
	for path, want := range map[string]string{
		"m/diffusion_models/wan2.2_ti2v_5B_fp16.safetensors":                                                          "wan2.2_ti2v_5B_fp16",
		"m/Wan2.2-TI2V-5B/diffusion_pytorch_model.safetensors.index.json":                                             "Wan2.2-TI2V-5B",
		"m/Some/transformer/diffusion_pytorch_model.safetensors":                                                      "Some",
		"hub/models--Wan-AI--Wan2.2-TI2V-5B-Diffusers/snapshots/0a1b/transformer/diffusion_pytorch_model.safetensors": "Wan2.2-TI2V-5B-Diffusers",
		"hub/models--Wan-AI--Wan2.2-TI2V-5B/snapshots/0a1b/diffusion_pytorch_model.safetensors.index.json":            "Wan2.2-TI2V-5B",
		"hub/models--Q--G/snapshots/0a1b/Wan2.2-Q4_K_M.gguf":                                                          "Wan2.2-Q4_K_M",
		"odd/snapshots/0a1b/model.safetensors":                                                                        "odd",
	} {
		if got := ModelName(filepath.FromSlash(path)); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// Shards in the Hugging Face cache are links; what tells a model from others sees
// through them.
func TestLinkedShardsAreFiles(t *testing.T) {
	repo := filepath.Join(t.TempDir(), "models--o--n")
	snap := filepath.Join(repo, "snapshots", "r")
	os.MkdirAll(filepath.Join(repo, "blobs"), 0o755)
	for i, name := range []string{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"} {
		blob := filepath.Join(repo, "blobs", fmt.Sprint(i))
		write(t, blob, name)
		link(t, blob, filepath.Join(snap, name))
	}
	it := item{set: &set{text: part{path: filepath.Join(snap, "model.safetensors.index.json")}}}
	if got := it.files(partNames[0]); len(got) != 3 {
		t.Errorf("%v", got)
	}
}
