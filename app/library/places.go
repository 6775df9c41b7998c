package library

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// A Machine is what finding models asks of the one it runs on; tests play others.
type Machine struct {
	System string              // as runtime.GOOS
	Home   string              // of the user
	Getenv func(string) string // of the process
}

// This is the machine that Kinora runs on.
func This() Machine {
	home, _ := os.UserHomeDir()
	return Machine{runtime.GOOS, home, os.Getenv}
}

// Places are the folders in which other programs keep models on this machine, those
// that are there: the models of ComfyUI, with what its extra_model_paths.yaml adds,
// and the cache of the Hugging Face libraries.
func (m Machine) Places() []string {
	var found []string
	add := func(dir string) bool {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() || !filepath.IsAbs(dir) {
			return false
		}
		if dir = filepath.Clean(dir); !slices.Contains(found, dir) && len(found) < maxPlaces {
			found = append(found, dir)
		}
		return true
	}
	for _, root := range m.comfy() {
		add(filepath.Join(root, "models"))
		for _, name := range []string{"extra_model_paths.yaml", "extra_models_config.yaml"} {
			for _, dir := range extraPaths(filepath.Join(root, name), m.Home) {
				add(dir)
			}
		}
	}
	for _, hub := range m.hubs() {
		if add(hub) {
			break // the first is the one in use
		}
	}
	return found
}

// maxPlaces bounds how many folders are found by themselves.
const maxPlaces = 64

// comfy lists where ComfyUI and its settings may lie: git, comfy-cli, the portable
// edition for Windows, and the desktop edition.
func (m Machine) comfy() []string {
	roots := []string{m.Getenv("COMFYUI_PATH")}
	under := func(dir string, names ...string) {
		for _, n := range names {
			if dir != "" {
				roots = append(roots, filepath.Join(dir, filepath.FromSlash(n)))
			}
		}
	}
	const portable = "ComfyUI_windows_portable/ComfyUI"
	under(m.Home, "ComfyUI", "comfy/ComfyUI", "Documents/ComfyUI", "Desktop/ComfyUI", "Downloads/ComfyUI")
	switch m.System {
	case "windows":
		under(m.Home, portable, "Desktop/"+portable, "Downloads/"+portable, "Documents/"+portable)
		for _, drive := range []string{m.Getenv("SystemDrive"), "D:", "E:"} {
			if drive != "" {
				under(drive+`\`, "ComfyUI", portable)
			}
		}
		under(m.Getenv("APPDATA"), "ComfyUI")
	case "darwin":
		under(m.Home, "Library/Application Support/ComfyUI")
	default:
		under(m.Home, ".config/ComfyUI")
		under("/opt", "ComfyUI", "comfyui")
		under("/workspace", "ComfyUI")
	}
	return slices.DeleteFunc(roots, func(r string) bool { return !filepath.IsAbs(r) })
}

// hubs lists where the Hugging Face libraries keep what they fetch, the one they
// would take first.
func (m Machine) hubs() []string {
	list := []string{m.Getenv("HF_HUB_CACHE"), m.Getenv("HUGGINGFACE_HUB_CACHE")}
	for _, home := range []string{m.Getenv("HF_HOME"), under(m.Getenv("XDG_CACHE_HOME"), "huggingface"), under(m.Home, ".cache", "huggingface")} {
		list = append(list, under(home, "hub"))
	}
	return slices.DeleteFunc(list, func(d string) bool { return d == "" })
}

func under(dir string, names ...string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(append([]string{dir}, names...)...)
}

// kindsOfComfy are the folders of ComfyUI in which parts of video models lie.
var kindsOfComfy = []string{"checkpoints", "diffusion_models", "unet", "text_encoders", "clip", "vae", "loras"}

// extraPaths lists the folders that ComfyUI's own settings add: for each section a
// base_path, and for each kind of model one path below it a line. What is not like
// that adds nothing.
func extraPaths(file, home string) (dirs []string) {
	info, err := os.Stat(file)
	if err != nil || info.Size() > 1<<20 {
		return nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return parseExtraPaths(b, filepath.Dir(file), home)
}

func parseExtraPaths(text []byte, beside, home string) (dirs []string) {
	var sections map[string]map[string]any
	if yaml.Unmarshal(text, &sections) != nil {
		return nil
	}
	full := func(base, p string) string {
		if rest, ok := strings.CutPrefix(p, "~"); ok && (rest == "" || rest[0] == '/' || rest[0] == '\\') {
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
		for _, kind := range kindsOfComfy {
			paths, _ := s[kind].(string)
			for line := range strings.Lines(paths) {
				if line = strings.TrimSpace(line); line != "" && !strings.ContainsRune(line, 0) {
					dirs = append(dirs, full(base, filepath.FromSlash(line)))
				}
			}
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}
