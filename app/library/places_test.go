package library

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func machine(home, system string, env map[string]string) Machine {
	return Machine{system, home, func(k string) string { return env[k] }}
}

func TestPlaces(t *testing.T) {
	dir := t.TempDir()
	make := func(names ...string) (list []string) {
		for _, n := range names {
			p := filepath.Join(dir, filepath.FromSlash(n))
			if err := os.MkdirAll(p, 0o755); err != nil {
				t.Fatal(err)
			}
			list = append(list, p)
		}
		return list
	}
	at := func(n string) string { return filepath.Join(dir, filepath.FromSlash(n)) }
	for name, c := range map[string]struct {
		system string
		env    map[string]string
		there  []string
		want   []string
	}{
		"nothing":     {"linux", nil, nil, nil},
		"both":        {"linux", nil, []string{"a/ComfyUI/models", "a/.cache/huggingface/hub"}, []string{"a/ComfyUI/models", "a/.cache/huggingface/hub"}},
		"comfy-cli":   {"darwin", nil, []string{"b/comfy/ComfyUI/models"}, []string{"b/comfy/ComfyUI/models"}},
		"portable":    {"windows", nil, []string{"c/Downloads/ComfyUI_windows_portable/ComfyUI/models"}, []string{"c/Downloads/ComfyUI_windows_portable/ComfyUI/models"}},
		"not Windows": {"linux", nil, []string{"d/Downloads/ComfyUI_windows_portable/ComfyUI/models"}, nil},
		"HF_HOME": {"linux", map[string]string{"HF_HOME": at("e/hf")}, []string{"e/hf/hub", "e/.cache/huggingface/hub"},
			[]string{"e/hf/hub"}},
		"HF_HUB_CACHE": {"windows", map[string]string{"HF_HUB_CACHE": at("f/cache"), "HF_HOME": at("f/hf")}, []string{"f/cache", "f/hf/hub"},
			[]string{"f/cache"}},
		"XDG_CACHE_HOME":  {"linux", map[string]string{"XDG_CACHE_HOME": at("g/x")}, []string{"g/x/huggingface/hub"}, []string{"g/x/huggingface/hub"}},
		"COMFYUI_PATH":    {"linux", map[string]string{"COMFYUI_PATH": at("h/elsewhere")}, []string{"h/elsewhere/models"}, []string{"h/elsewhere/models"}},
		"not a full path": {"linux", map[string]string{"COMFYUI_PATH": "elsewhere", "HF_HOME": "hf"}, nil, nil},
	} {
		make(c.there...)
		home := dir
		if len(c.there) > 0 {
			home = filepath.Join(dir, c.there[0][:1])
		} else {
			home = filepath.Join(dir, "none")
		}
		var want []string
		for _, w := range c.want {
			want = append(want, at(w))
		}
		got := slices.DeleteFunc(machine(home, c.system, c.env).Places(), func(p string) bool {
			rel, err := filepath.Rel(dir, p) // this very machine may have some in /opt
			return err != nil || !filepath.IsLocal(rel)
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestExtraPaths(t *testing.T) {
	dir := t.TempDir()
	sub := func(n string) string { return filepath.Join(dir, filepath.FromSlash(n)) }
	text := "comfyui:\n  base_path: " + sub("big") + "\n  is_default: true\n  checkpoints: models/checkpoints/\n  vae: |\n    models/vae\n    " +
		sub("other/vae") + "\n  embeddings: models/embeddings\na111:\n  loras: rel/loras\nhome:\n  base_path: ~/m\n  unet: u\n"
	got := parseExtraPaths([]byte(text), sub("beside"), sub("home"))
	want := []string{sub("beside/rel/loras"), sub("big/models/checkpoints"), sub("big/models/vae"), sub("home/m/u"), sub("other/vae")}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	os.MkdirAll(sub("ComfyUI"), 0o755)
	os.MkdirAll(sub("big/models/vae"), 0o755)
	write(t, sub("ComfyUI/extra_model_paths.yaml"), text)
	if got := machine(dir, "linux", nil).Places(); !slices.Contains(got, sub("big/models/vae")) || slices.Contains(got, sub("other/vae")) {
		t.Errorf("%v", got)
	}
}

func FuzzExtraPaths(f *testing.F) {
	f.Add([]byte("a:\n  base_path: /x\n  vae: |\n    y\n    ~/z\n"))
	f.Add([]byte("- a\n- b\n"))
	f.Add([]byte("a: {vae: [1, 2], base_path: 3}\n"))
	f.Add([]byte("a: &a {vae: x, b: *a}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		root := string(filepath.Separator)
		for _, d := range parseExtraPaths(text, root+"beside", root+"home") {
			if !filepath.IsAbs(d) || filepath.Clean(d) != d {
				t.Errorf("%q gives %q", text, d)
			}
		}
	})
}
