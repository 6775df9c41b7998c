package library

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// extraNames are the files in which ComfyUI is told of further folders: by people,
// and by its desktop edition.
var extraNames = []string{"extra_model_paths.yaml", "extra_models_config.yaml"}

// extraKinds are what ComfyUI calls the folders in which parts of video models lie.
var extraKinds = []string{"checkpoints", "diffusion_models", "unet", "text_encoders", "clip", "vae", "loras"}

// maxExtra bounds how many folders such a file adds.
const maxExtra = 64

// extras lists the folders that ComfyUI's files in dir add.
func extras(dir, home string) (list []string) {
	for _, name := range extraNames {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err != nil || info.Size() > 1<<20 {
			continue
		}
		if text, err := os.ReadFile(path); err == nil {
			list = append(list, parseExtras(text, dir, home)...)
		}
	}
	return list
}

// parseExtras reads such a file: in each section a base_path, and for each kind of
// model one path below it a line. What is not like that adds nothing.
func parseExtras(text []byte, beside, home string) (list []string) {
	var sections map[string]map[string]any
	if yaml.Unmarshal(text, &sections) != nil {
		return nil
	}
	full := func(base, p string) string {
		p = filepath.FromSlash(p)
		if rest, ok := strings.CutPrefix(p, "~"); ok && home != "" && (rest == "" || os.IsPathSeparator(rest[0])) {
			p = filepath.Join(home, rest)
		}
		if !filepath.IsAbs(p) {
			p = filepath.Join(base, p)
		}
		return filepath.Clean(p)
	}
	for _, s := range sections {
		base := beside
		if p, ok := s["base_path"].(string); ok && p != "" {
			base = full(beside, p)
		}
		for _, kind := range extraKinds {
			paths, _ := s[kind].(string)
			for line := range strings.Lines(paths) {
				if line = strings.TrimSpace(line); line != "" {
					list = append(list, full(base, line))
				}
			}
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	return list[:min(len(list), maxExtra)]
}
