package library

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kinora/inference"
	"kinora/inference/weights"
	"kinora/inference/weights/dialect"
	"kinora/inference/weights/lora"
)

// The bounds of a scan: people's model folders are deep, but not endless. Of folders
// that nobody told it of, fewer files are opened.
const (
	maxDepth = 8
	maxFiles = 20000
	maxFound = 500
)

// A part is one part of a model in one file or folder of shards.
type part struct {
	dialect.Found        // without its sources, which are closed
	path          string // for weights.Open
	channels      int    // of the latent: DiT and VAE
	width         int    // of the text rows: DiT and text encoder
	untold        bool   // in a folder that nobody told of
}

// parts looks through folders for checkpoints and LoRAs of any dialect. Files that
// cannot be read are told in faults, those in folders that were told; files of other
// kinds of model are passed over.
func parts(told, untold []string, faults map[string]error) (found []part, loras []inference.Adapter) {
	seen := map[string]bool{}
	for i, f := range slices.Concat(told, untold) {
		most := maxFiles
		if i >= len(told) {
			most = maxFound
		}
		for _, path := range checkpoints(f, most) {
			real := path
			if p, err := filepath.EvalSymlinks(path); err == nil {
				real = p // one file may have several names
			}
			if seen[real] {
				continue
			}
			seen[real] = true
			list, lora, err := identify(path)
			if err != nil && i < len(told) {
				faults[path] = err
			}
			for _, p := range list {
				p.untold = i >= len(told)
				found = append(found, p)
			}
			if lora != nil {
				loras = append(loras, *lora)
			}
		}
	}
	distinct(loras)
	return found, loras
}

// checkpoints lists at most most files that may hold weights below dir: single
// files, and for shards their index. Where there are more, those go first whose path
// has a name that ours have: people keep thousands of LoRAs beside one VAE.
func checkpoints(dir string, most int) []string {
	var list []string
	root := filepath.Clean(dir)
	walk(root, maxFiles, func(path string, d fs.DirEntry) bool {
		if !d.IsDir() && weighty(filepath.Base(path)) {
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				list = append(list, path)
			}
		}
		return true
	})
	slices.Sort(list)
	if len(list) > most {
		slices.SortStableFunc(list, func(a, b string) int { return familiar(b, root) - familiar(a, root) })
		list = list[:most]
		slices.Sort(list)
	}
	return list
}

// familiar is 1 for a path below root that sounds like a part of our family, else 0.
// It decides what is looked at, never what it is.
func familiar(path, root string) int {
	path = strings.ToLower(strings.TrimPrefix(path, root))
	for _, word := range []string{"wan", "umt5", "ti2v"} {
		if strings.Contains(path, word) {
			return 1
		}
	}
	return 0
}

// walk calls visit for at most most files and folders below root, which may be a
// link, until visit has enough. Folders that may not be read are empty ones.
func walk(root string, most int, visit func(path string, d fs.DirEntry) (more bool)) {
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		real = root
	}
	filepath.WalkDir(real, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		below := strings.TrimPrefix(path, real)
		if d.IsDir() && below != "" && (passed(path) || strings.Count(below, string(filepath.Separator)) > maxDepth) {
			return fs.SkipDir
		}
		if most--; most < 0 || !visit(root+below, d) {
			return fs.SkipAll
		}
		return nil
	})
}

// weighty tells by its name whether a file is worth opening. What it is, only its
// tensors tell.
func weighty(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".safetensors":
		return !shard(name)
	case ".gguf", ".pth", ".pt":
		return true
	case ".json":
		return strings.HasSuffix(name, ".index.json")
	}
	return false
}

// shard tells by its name a file whose index is what is opened.
func shard(name string) bool {
	return strings.EqualFold(filepath.Ext(name), ".safetensors") && strings.Contains(name, "-of-")
}

func identify(path string) ([]part, *inference.Adapter, error) {
	src, err := weights.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer src.Close()
	all, err := dialect.Identify(src)
	if err != nil {
		return nil, nil, err
	}
	if len(all) == 0 && lora.Known(src) {
		a, err := describe(path, src)
		return nil, a, err
	}
	var list []part
	for _, f := range all {
		p := part{path: path, channels: -1, width: -1}
		size := func(name string, axis int, to *int) {
			if _, s, ok := f.Source.Info(name); ok && axis < len(s) {
				*to = s[axis]
			}
		}
		switch f.Part {
		case dialect.Denoiser:
			size("patch_embedding.weight", 1, &p.channels)
			size("text_embedding.0.weight", 1, &p.width)
		case dialect.Text:
			size("token_embedding.weight", 1, &p.width)
		case dialect.VAE:
			size("conv2.weight", 0, &p.channels)
		}
		f.Source, f.AsStored = nil, nil
		p.Found = f
		list = append(list, p)
	}
	return list, nil, nil
}

// open opens the part again.
func (p part) open() (src, file weights.Source, err error) {
	if file, err = weights.Open(p.path); err != nil {
		return nil, nil, err
	}
	all, err := dialect.Identify(file)
	if err == nil {
		for _, f := range all {
			if f.Part == p.Part && f.Prefix == p.Prefix {
				return f.AsStored, file, nil
			}
		}
		err = fmt.Errorf("%s does not hold the %s", p.path, p.Part)
	}
	return nil, nil, errors.Join(err, file.Close())
}
