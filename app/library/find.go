package library

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Find lists the folders where other programs keep models, as far as they are
// there: ComfyUI's models, in its usual places and where its own files say, and the Hugging Face cache.
func Find() []string {
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	var roots []string
	if runtime.GOOS == "windows" {
		for _, drive := range []string{"C", "D", "E", "F"} {
			roots = append(roots, drive+`:\`)
		}
	} else {
		roots = []string{"/opt", "/workspace"}
	}
	return find(os.Getenv, home, roots)
}

func find(getenv func(string) string, home string, roots []string) (there []string) {
	if home != "" {
		for _, sub := range []string{"", "Documents", "Desktop", "Downloads"} {
			roots = append(roots, filepath.Join(home, sub))
		}
	}
	var comfy []string
	for _, r := range roots {
		for _, name := range []string{"ComfyUI", "comfyui", "comfy/ComfyUI", "ComfyUI_windows_portable/ComfyUI"} {
			comfy = append(comfy, filepath.Join(r, filepath.FromSlash(name)))
		}
	}
	if dir := getenv("COMFYUI_PATH"); filepath.IsAbs(dir) {
		comfy = append(comfy, dir)
	}
	var list []string
	for _, dir := range comfy {
		list = append(list, filepath.Join(dir, "models"))
	}
	// The desktop edition has its file where applications keep settings.
	for _, dir := range []string{getenv("APPDATA"), filepath.Join(home, ".config"), filepath.Join(home, "Library", "Application Support")} {
		if filepath.IsAbs(dir) {
			comfy = append(comfy, filepath.Join(dir, "ComfyUI"))
		}
	}
	for _, dir := range comfy {
		list = append(list, extras(dir, home)...)
	}
	for _, dir := range append(list, hub(getenv, home)) {
		if dir == "" {
			continue
		}
		info, err := os.Stat(dir)
		if err != nil || !info.IsDir() {
			continue
		}
		// Two names of one folder: links, and file systems that do not tell case.
		if !slices.ContainsFunc(there, func(o string) bool { i, err := os.Stat(o); return err == nil && os.SameFile(i, info) }) {
			there = append(there, dir)
		}
	}
	return there
}

// hub is the cache of models, by the rules of huggingface_hub (its page
// "Environment variables").
func hub(getenv func(string) string, home string) string {
	expand := func(p string) string {
		if rest, ok := strings.CutPrefix(p, "~"); ok && home != "" && (rest == "" || os.IsPathSeparator(rest[0])) {
			return filepath.Join(home, rest)
		}
		return p
	}
	for _, v := range []struct{ name, below string }{
		{"HF_HUB_CACHE", ""}, {"HUGGINGFACE_HUB_CACHE", ""}, {"HF_HOME", "hub"}, {"XDG_CACHE_HOME", "huggingface/hub"},
	} {
		if dir := getenv(v.name); dir != "" {
			if dir = expand(dir); !filepath.IsAbs(dir) {
				return ""
			}
			return filepath.Join(dir, filepath.FromSlash(v.below))
		}
	}
	if home == "" {
		return ""
	}
	return filepath.Join(home, ".cache", "huggingface", "hub")
}

// passed reports whether a folder holds no models by its name: what the Hugging
// Face cache keeps beside them, under names of hashes, and hidden folders.
func passed(dir string) bool {
	base := filepath.Base(dir)
	switch base {
	case "blobs", "refs":
		return strings.HasPrefix(filepath.Base(filepath.Dir(dir)), "models--")
	}
	return strings.HasPrefix(base, "datasets--") || strings.HasPrefix(base, "spaces--") || strings.HasPrefix(base, ".") && len(base) > 1 && base != ".."
}
