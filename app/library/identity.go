package library

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kinora/inference"
)

// identity tells the weights of some parts of a model from all others: by names,
// sizes and times of their files, since reading ten gigabytes would take longer than
// what it is to save. Empty where a file cannot be looked at.
func (l *Library) identity(it item, parts ...string) string {
	if it.set == nil && it.dir == "" { // it cannot change
		key := strings.Join(parts, " ")
		if known, ok := l.prints.Load(key); ok {
			return known.(string)
		}
		id := l.fresh(it, parts)
		l.prints.Store(key, id)
		return id
	}
	return l.fresh(it, parts)
}

func (l *Library) fresh(it item, parts []string) string {
	h := sha256.New()
	for _, part := range parts {
		if it.set == nil && it.dir == "" {
			b, err := fs.ReadFile(l.builtIn, part+".safetensors")
			if err != nil {
				return ""
			}
			fmt.Fprintf(h, "%s %d\n", part, len(b))
			h.Write(b)
			continue
		}
		files := it.files(part)
		if len(files) == 0 {
			return ""
		}
		for _, f := range files {
			info, err := os.Stat(f)
			if err != nil {
				return ""
			}
			fmt.Fprintf(h, "%s %s %d %d\n", part, f, info.Size(), info.ModTime().UnixNano())
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// files lists what a part is in: one file, or a folder of shards.
func (it item) files(part string) []string {
	path := it.path(part)
	if it.set != nil {
		path = map[string]string{partNames[0]: it.set.text.path, partNames[1]: it.set.denoiser.path, partNames[2]: it.set.vae.path}[part]
		if strings.HasSuffix(path, ".index.json") {
			path = filepath.Dir(path)
		}
	}
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil
	}
	var list []string
	for _, e := range entries {
		name := filepath.Join(path, e.Name())
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() { // links are files too, in a cache
			list = append(list, name)
		}
	}
	return list
}

// Fingerprint tells the weights that a request asks for from all others; empty where
// that is not known.
func (l *Library) Fingerprint(r inference.Request) string {
	it, ok := l.find(r.Model)
	if !ok {
		return ""
	}
	id := l.identity(it, partNames[:]...)
	for _, a := range r.LoRAs {
		print := l.adapterPrint(a.File)
		if id == "" || print == "" {
			return ""
		}
		sum := sha256.Sum256([]byte(id + print))
		id = hex.EncodeToString(sum[:])
	}
	return id
}
