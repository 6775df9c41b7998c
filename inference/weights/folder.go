package weights

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	maxIndex  = 16 << 20
	maxShards = 1024
)

// openFolder opens the one checkpoint in a folder: an index of shards, or else a
// single file.
func openFolder(dir string) (Source, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	for _, e := range list {
		for _, end := range []string{".index.json", ".safetensors", ".gguf"} {
			if !e.IsDir() && strings.HasSuffix(e.Name(), end) {
				found[end] = append(found[end], e.Name())
			}
		}
	}
	if len(found[".index.json"]) > 0 {
		return openOnly(dir, found[".index.json"])
	}
	return openOnly(dir, append(found[".safetensors"], found[".gguf"]...))
}

func openOnly(dir string, files []string) (Source, error) {
	switch len(files) {
	case 0:
		return nil, fmt.Errorf("%s holds no checkpoint (no index of shards, .safetensors or .gguf)", dir)
	case 1:
		return Open(filepath.Join(dir, files[0]))
	}
	more := ""
	if len(files) > 4 {
		files, more = files[:4], " …"
	}
	return nil, fmt.Errorf("%s holds several checkpoints; open one of %s%s", dir, strings.Join(files, ", "), more)
}

// openIndex opens the shards that an index names, and holds both to what the
// index says.
func openIndex(path string) (Source, error) {
	shards, err := readIndex(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var parts []Source
	fail := func(err error) (Source, error) {
		for _, p := range parts {
			err = errors.Join(err, p.Close())
		}
		return nil, err
	}
	for _, file := range slices.Sorted(maps.Keys(shards)) {
		part, err := openFile(filepath.Join(filepath.Dir(path), file))
		if errors.Is(err, os.ErrNotExist) {
			return fail(fmt.Errorf("%s names the shard %s, which is not there; copy or download it too", path, file))
		}
		if err != nil {
			return fail(err)
		}
		parts = append(parts, part)
		for _, name := range shards[file] {
			if _, _, ok := part.Info(name); !ok {
				return fail(fmt.Errorf("%s looks for %s in %s, which does not hold it; the files are not of one set", path, name, file))
			}
		}
	}
	s, err := Join(parts...)
	if err != nil {
		return fail(fmt.Errorf("%s: %w", path, err))
	}
	return s, nil
}

// readIndex returns the tensors that lie in each shard.
func readIndex(path string) (map[string][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxIndex+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxIndex {
		return nil, fmt.Errorf("an index of more than %d MB", maxIndex>>20)
	}
	var index struct {
		Map map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, fmt.Errorf("not an index of shards: %w", err)
	}
	if len(index.Map) == 0 {
		return nil, errors.New("not an index of shards: it has no weight_map")
	}
	shards := map[string][]string{}
	for name, file := range index.Map {
		if strings.ContainsAny(file, `/\:`) || !filepath.IsLocal(file) || file == "." {
			return nil, fmt.Errorf("the shard %q of %s is not the name of a file beside the index", file, name)
		}
		shards[file] = append(shards[file], name)
		if len(shards) > maxShards {
			return nil, fmt.Errorf("more than %d shards", maxShards)
		}
	}
	return shards, nil
}
