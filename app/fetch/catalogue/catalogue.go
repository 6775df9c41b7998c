// Package catalogue lists the files that Kinora can fetch: where they are published,
// how long they are, what their SHA-256 is, and under which licence they come. It
// does not know how they are fetched, nor what is there already.
package catalogue

import (
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"kinora/app/fetch"
)

// A Part is what a file is in a model.
type Part string

// The parts.
const (
	Denoiser Part = "denoiser"
	Text     Part = "text_encoder"
	VAE      Part = "vae"
	LoRA     Part = "lora"
)

// Parts lists the parts.
func Parts() []string {
	return []string{string(Denoiser), string(Text), string(VAE), string(LoRA)}
}

// folders are where ComfyUI, and so most people, keep each part.
var folders = map[Part]string{Denoiser: "diffusion_models", Text: "text_encoders", VAE: "vae", LoRA: "loras"}

// An Entry is one file.
type Entry struct {
	Name       string `json:"name"`
	Part       Part   `json:"part"`
	Repository string `json:"repository"` // owner/name
	Revision   string `json:"revision"`
	Path       string `json:"path"` // inside the repository
	Size       int64  `json:"bytes"`
	SHA256     string `json:"sha256"`
	Licence    string `json:"licence"`
	Title      string `json:"title"`
}

// A Set is files that make a model that runs.
type Set struct {
	Name  string   `json:"name"`
	Files []string `json:"files"`
}

// A Catalogue is what can be fetched.
type Catalogue struct {
	Entries []Entry
	Sets    []Set
}

//go:embed wan.txt
var wan string

const (
	maxFile    = 1 << 20
	maxEntries = 1000
)

// FileName is a list of the user's own, beside the settings.
const FileName = "catalogue.txt"

// Open returns the built-in catalogue and, where there is one, that of the file at
// own after it. When that cannot be used the built-in one is returned with the error.
func Open(own string) (Catalogue, error) {
	c, err := Parse(wan, Catalogue{})
	if err != nil || own == "" {
		return c, err
	}
	f, err := os.Open(own)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = errors.New("it is larger than 1 MB, so it is no list")
	}
	var more Catalogue
	if err == nil {
		more, err = Parse(string(b), c)
	}
	if err != nil {
		return c, fmt.Errorf("%s cannot be used: %w", own, err)
	}
	return more, nil
}

// Parse adds the lines of a list to a catalogue: name, part, repository, revision,
// path, bytes, SHA-256, licence and title of a file, or "set", a name, and names of
// files, with blanks between; # begins a remark.
func Parse(text string, to Catalogue) (Catalogue, error) {
	c := Catalogue{slices.Clone(to.Entries), slices.Clone(to.Sets)}
	n := 0
	for line := range strings.Lines(text) {
		n++
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		var err error
		switch {
		case len(c.Entries)+len(c.Sets) >= maxEntries:
			err = fmt.Errorf("more than %d lines", maxEntries)
		case f[0] == "set":
			err = c.set(f[1:])
		default:
			err = c.entry(f)
		}
		if err != nil {
			return Catalogue{}, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return c, nil
}

func (c *Catalogue) entry(f []string) error {
	if len(f) < 9 {
		return fmt.Errorf("want name, part, repository, revision, path, bytes, SHA-256, licence and title")
	}
	e := Entry{Name: f[0], Part: Part(f[1]), Repository: f[2], Revision: f[3], Path: f[4], SHA256: strings.ToLower(f[6]), Licence: f[7], Title: strings.Join(f[8:], " ")}
	size, err := strconv.ParseInt(f[5], 10, 64)
	sum, err2 := hex.DecodeString(e.SHA256)
	owner, name, _ := strings.Cut(e.Repository, "/")
	switch {
	case !plain(e.Name) || c.knows(e.Name):
		return fmt.Errorf("%q is no new name of small letters, digits, points and dashes", e.Name)
	case folders[e.Part] == "":
		return fmt.Errorf("part %q: want denoiser, text_encoder, vae or lora", e.Part)
	case !segment(owner) || !segment(name):
		return fmt.Errorf("repository %q: want owner/name", e.Repository)
	case !segment(e.Revision):
		return fmt.Errorf("revision %q", e.Revision)
	case len(e.Path) > 400 || slices.ContainsFunc(strings.Split(e.Path, "/"), func(s string) bool { return !segment(s) }):
		return fmt.Errorf("path %q: want names with / between", e.Path)
	case err != nil || size <= 0 || f[5][0] == '+':
		return fmt.Errorf("%q bytes", f[5])
	case err2 != nil || len(sum) != 32:
		return fmt.Errorf("SHA-256 %q: want 64 hexadecimal digits", f[6])
	}
	e.Size = size
	c.Entries = append(c.Entries, e)
	return nil
}

func (c *Catalogue) set(f []string) error {
	if len(f) < 2 || !plain(f[0]) || c.knows(f[0]) {
		return fmt.Errorf("want set, a new name, and names of files")
	}
	for _, name := range f[1:] {
		if _, ok := c.Find(name); !ok {
			return fmt.Errorf("set %s: there is no file %q above", f[0], name)
		}
	}
	c.Sets = append(c.Sets, Set{f[0], f[1:]})
	return nil
}

func (c *Catalogue) knows(name string) bool {
	return name == "set" || slices.ContainsFunc(c.Entries, func(e Entry) bool { return e.Name == name }) ||
		slices.ContainsFunc(c.Sets, func(s Set) bool { return s.Name == name })
}

func plain(name string) bool {
	return len(name) <= 60 && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" && name[0] != '-' && name[0] != '.'
}

// segment is a name that is safe in an address and on every file system.
func segment(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 200 && s[0] != '.' && s[len(s)-1] != '.'
}

// Find finds a file by its name.
func (c Catalogue) Find(name string) (Entry, bool) {
	i := slices.IndexFunc(c.Entries, func(e Entry) bool { return e.Name == name })
	if i < 0 {
		return Entry{}, false
	}
	return c.Entries[i], true
}

// Select lists the files that names of files and sets stand for, each once.
func (c Catalogue) Select(names ...string) (list []Entry, err error) {
	for _, name := range names {
		files := []string{name}
		if i := slices.IndexFunc(c.Sets, func(s Set) bool { return s.Name == name }); i >= 0 {
			files = c.Sets[i].Files
		}
		for _, f := range files {
			e, ok := c.Find(f)
			if !ok {
				return nil, fmt.Errorf("there is nothing called %q to fetch", name)
			}
			if !slices.Contains(list, e) {
				list = append(list, e)
			}
		}
	}
	return list, nil
}

// Endpoint is where the repositories are.
const Endpoint = "https://huggingface.co"

// At is the file as it is fetched from an endpoint into a folder of models; an empty
// endpoint is the publishers' own.
func (e Entry) At(endpoint, folder string) fetch.File {
	if endpoint == "" {
		endpoint = Endpoint
	}
	return fetch.File{
		URL:    strings.TrimRight(endpoint, "/") + "/" + e.Repository + "/resolve/" + e.Revision + "/" + (&url.URL{Path: e.Path}).EscapedPath(),
		Path:   filepath.Join(folder, folders[e.Part], path.Base(e.Path)),
		Size:   e.Size,
		SHA256: e.SHA256,
	}
}

// Page is where people read about the file.
func (e Entry) Page() string { return Endpoint + "/" + e.Repository }
