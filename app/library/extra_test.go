package library

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestExtras(t *testing.T) {
	dir := t.TempDir()
	sub := func(n string) string { return filepath.Join(dir, filepath.FromSlash(n)) }
	text := "comfyui:\n  base_path: " + sub("big") + "\n  is_default: true\n  checkpoints: models/checkpoints/\n  vae: |\n    models/vae\n    " +
		sub("other/vae") + "\n  embeddings: models/embeddings\na111:\n  loras: rel/loras\nhome:\n  base_path: ~/m\n  unet: u\n"
	got := parseExtras([]byte(text), sub("beside"), sub("home"))
	want := []string{sub("beside/rel/loras"), sub("big/models/checkpoints"), sub("big/models/vae"), sub("home/m/u"), sub("other/vae")}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if err := os.MkdirAll(sub("big/models/vae"), 0o755); err != nil {
		t.Fatal(err)
	}
	for home, c := range map[string]struct {
		dir, name string
		env       map[string]string
	}{
		"one":   {"one/ComfyUI", "extra_model_paths.yaml", nil},
		"two":   {"two/.config/ComfyUI", "extra_models_config.yaml", nil},
		"three": {"three/Library/Application Support/ComfyUI", "extra_models_config.yaml", nil},
		"four":  {"elsewhere/ComfyUI", "extra_models_config.yaml", map[string]string{"APPDATA": sub("elsewhere")}},
		"five":  {"comfy", "extra_model_paths.yaml", map[string]string{"COMFYUI_PATH": sub("comfy")}},
	} {
		if err := os.MkdirAll(sub(c.dir), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(sub(c.dir), c.name), text)
		getenv := func(k string) string { return c.env[k] }
		if got := find(getenv, sub(home), nil); !slices.Equal(got, []string{sub("big/models/vae")}) { // the others are not there
			t.Errorf("%s: %v", c.dir, got)
		}
	}
}

func FuzzExtras(f *testing.F) {
	f.Add([]byte("a:\n  base_path: /x\n  vae: |\n    y\n    ~/z\n"))
	f.Add([]byte("- a\n- b\n"))
	f.Add([]byte("a: {vae: [1, 2], base_path: 3}\n"))
	f.Add([]byte("a: &a {vae: x, b: *a}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		root, err := filepath.Abs(string(filepath.Separator))
		if err != nil {
			t.Fatal(err)
		}
		list := parseExtras(text, filepath.Join(root, "beside"), filepath.Join(root, "home"))
		for _, d := range list {
			if !filepath.IsAbs(d) || filepath.Clean(d) != d {
				t.Errorf("%q gives %q", text, d)
			}
		}
		if len(list) > maxExtra {
			t.Errorf("%q gives %d folders", text, len(list))
		}
	})
}
