package library

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"kinora/inference"
	"kinora/inference/model"
	"kinora/inference/sampler"
	"kinora/inference/tokenizer"
	"kinora/inference/weights"
	"kinora/inference/weights/dialect"
	"kinora/inference/weights/safetensors"
)

// The parts of a model in its folder, each a file or, for the weights, a folder.
const (
	manifestName  = "model.json"
	tokenizerName = "tokenizer.model"
)

var partNames = [...]string{"text_encoder", "dit", "vae"}

var kinds = map[string]dialect.Part{partNames[0]: dialect.Text, partNames[1]: dialect.Denoiser, partNames[2]: dialect.VAE}

// A Library lists the models there are: the built-in one, and every folder with a
// manifest and all parts below the folders it is told of.
type Library struct {
	builtIn  fs.FS
	found    []string // folders that nobody told it of
	room     int64    // bytes that a part may take in memory; 0: any
	counters counters
	prints   sync.Map // identities of the built-in model

	mu    sync.Mutex
	items []item
	loras []inference.Adapter
	fault map[string]error // folders that look like models and are none
}

type item struct {
	about inference.Model
	manifest
	dir   string // empty: built in
	words lexicon
	set   *set // parts found one by one; nil where a manifest holds them together
}

// New returns a library with the built-in model in builtIn and those in folders.
// A missing folder is an empty one.
func New(builtIn fs.FS, folders ...string) (*Library, error) {
	return NewWith(builtIn, folders, nil, 0)
}

// NewWith also looks into folders that nobody told it of. They hold much that is
// none of its business, so what cannot be read there is passed over. Of parts that
// suit a model alike, one that takes at most room bytes is chosen; 0: any.
func NewWith(builtIn fs.FS, told, found []string, room int64) (*Library, error) {
	l := &Library{builtIn: builtIn, found: found, room: room}
	return l, l.Scan(told...)
}

// Scan looks at the folders again. What cannot be opened is left out and told by
// Faults.
func (l *Library) Scan(folders ...string) error {
	starter, err := read(l.builtIn, "")
	if err != nil {
		return fmt.Errorf("built-in model: %w", err)
	}
	items, faults := []item{starter}, map[string]error{}
	add := func(it item) {
		name := it.about.Name
		for n := 2; slices.ContainsFunc(items, func(i item) bool { return i.about.Name == it.about.Name }); n++ {
			it.about.Name = fmt.Sprint(name, "-", n)
		}
		items = append(items, it)
	}
	var manifests []string
	for _, f := range folders {
		for _, dir := range candidates(f) {
			manifests = append(manifests, dir)
			it, err := read(os.DirFS(dir), dir)
			if err == nil {
				err = tryOpen(it)
			}
			if err != nil {
				faults[dir] = err
				continue
			}
			add(it)
		}
	}
	found, loras := parts(folders, l.found, faults)
	loose := slices.DeleteFunc(found, func(p part) bool {
		return slices.Contains(manifests, filepath.Dir(p.path)) // a manifest speaks for them
	})
	for _, it := range pair(loose, l.room, faults) {
		add(it)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.items, l.loras, l.fault = items, loras, faults
	return nil
}

// candidates are the folders at or right below dir that hold a manifest.
func candidates(dir string) []string {
	list := []string{dir}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.IsDir() {
			list = append(list, filepath.Join(dir, e.Name()))
		}
	}
	return slices.DeleteFunc(list, func(d string) bool {
		_, err := os.Stat(filepath.Join(d, manifestName))
		return err != nil
	})
}

func read(from fs.FS, dir string) (item, error) {
	m, err := readManifest(from)
	if err != nil {
		return item{}, err
	}
	about := inference.Model{
		Name: m.Name, Title: m.Title, Path: dir, Default: m.Defaults,
		SizeStep: m.SizeStep, MaxSize: m.MaxSize, ImageToVideo: true, Note: m.Note,
	}
	for _, a := range sampler.All {
		about.Samplers = append(about.Samplers, a.Name)
	}
	return item{about: about, manifest: m, dir: dir, words: newLexicon(m)}, nil
}

// tryOpen opens and closes a model, so that a half-copied one is not offered.
func tryOpen(it item) error {
	_, closer, err := openFolder(it)
	if err != nil {
		return err
	}
	return closer()
}

// Models lists the models, the built-in one first.
func (l *Library) Models() []inference.Model {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []inference.Model
	for _, it := range l.items {
		list = append(list, it.about)
	}
	return list
}

// Faults tells which folders look like models and cannot be used, and why.
func (l *Library) Faults() map[string]error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fault
}

func (l *Library) find(name string) (item, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if name == "" && len(l.items) > 0 {
		return l.items[0], true
	}
	i := slices.IndexFunc(l.items, func(it item) bool { return it.about.Name == name })
	if i < 0 {
		return item{}, false
	}
	return l.items[i], true
}

// Open opens the parts of a model. The function it returns closes them.
func (l *Library) Open(name string) (model.Checkpoint, func() error, error) {
	it, ok := l.find(name)
	if !ok {
		return model.Checkpoint{}, nil, fmt.Errorf("%w: %q is not in the library", inference.ErrNoModel, name)
	}
	var c model.Checkpoint
	var closer func() error
	var err error
	switch {
	case it.set != nil:
		c, closer, err = openSet(it.about.Name, *it.set)
	case it.dir == "":
		c, closer, err = openEmbedded(l.builtIn, it.about.Name)
	default:
		c, closer, err = openFolder(it)
	}
	if err == nil {
		c.Identity = l.identity(it, partNames[0])
	}
	return c, closer, err
}

func openSet(name string, s set) (model.Checkpoint, func() error, error) {
	var text weights.Source
	all := map[string]part{partNames[0]: s.text, partNames[1]: s.denoiser, partNames[2]: s.vae}
	return assemble(name, func(which string) (weights.Source, error) {
		src, file, err := all[which].open()
		if err != nil {
			return nil, err
		}
		if which == partNames[0] {
			text = file
		}
		return owning{src, file}, nil
	}, func() (*tokenizer.Tokenizer, error) {
		if s.tokenizer == "" {
			return embedded(text)
		}
		return readTokenizer(os.DirFS(filepath.Dir(s.tokenizer)), filepath.Base(s.tokenizer))
	})
}

// owning is a view that closes the file it is of.
type owning struct {
	weights.Source
	file weights.Source
}

// Close implements weights.Source.
func (o owning) Close() error { return o.file.Close() }

// Read implements weights.Reader.
func (o owning) Read(name string, dst []byte) error { return weights.Read(o.Source, name, dst) }

// Made implements weights.Maker.
func (o owning) Made(name string) bool { return weights.Made(o.Source, name) }

// Metadata implements weights.Noted.
func (o owning) Metadata() map[string]string { return weights.Metadata(o.Source) }

func readTokenizer(from fs.FS, name string) (*tokenizer.Tokenizer, error) {
	b, err := readLimited(from, name, maxTokenizer)
	if err != nil {
		return nil, err
	}
	return tokenizer.Open(b)
}

func openEmbedded(from fs.FS, name string) (model.Checkpoint, func() error, error) {
	return assemble(name, func(part string) (weights.Source, error) {
		b, err := fs.ReadFile(from, part+".safetensors")
		if err != nil {
			return nil, err
		}
		return safetensors.Parse(b)
	}, func() (*tokenizer.Tokenizer, error) { return readTokenizer(from, tokenizerName) })
}

func openFolder(it item) (model.Checkpoint, func() error, error) {
	return assemble(it.about.Name, func(name string) (weights.Source, error) {
		p := part{Found: dialect.Found{Part: kinds[name]}, path: it.path(name)}
		src, file, err := p.open()
		if err != nil {
			return nil, err
		}
		return owning{src, file}, nil
	}, func() (*tokenizer.Tokenizer, error) { return readTokenizer(os.DirFS(it.dir), tokenizerName) })
}

// path is where a model with a manifest has a part: a folder, or a file in either
// format.
func (it item) path(name string) string {
	base := filepath.Join(it.dir, name)
	for _, end := range []string{"", ".safetensors", ".gguf"} {
		if _, err := os.Stat(base + end); err == nil {
			return base + end
		}
	}
	return base + ".safetensors"
}

func assemble(name string, part func(string) (weights.Source, error), spiece func() (*tokenizer.Tokenizer, error)) (c model.Checkpoint, closer func() error, err error) {
	c.Name = name
	var open []weights.Source
	closer = func() error {
		var errs []error
		for _, s := range open {
			errs = append(errs, s.Close())
		}
		return errors.Join(errs...)
	}
	for i, to := range []*weights.Source{&c.Text, &c.Denoiser, &c.VAE} {
		s, err := part(partNames[i])
		if err != nil {
			closer()
			return c, nil, fmt.Errorf("model %s: %s: %w", name, strings.ReplaceAll(partNames[i], "_", " "), orNoModel(err))
		}
		*to, open = s, append(open, s)
	}
	if c.Tokenizer, err = spiece(); err != nil {
		closer()
		return c, nil, fmt.Errorf("model %s: tokenizer: %w", name, orNoModel(err))
	}
	return c, closer, nil
}

// orNoModel makes every failure to open a model one that callers can tell.
func orNoModel(err error) error {
	if errors.Is(err, inference.ErrNoModel) {
		return err
	}
	return fmt.Errorf("%w: %w", inference.ErrNoModel, err)
}

func readLimited(from fs.FS, name string, most int64) ([]byte, error) {
	f, err := from.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("%s is larger than %d MB", name, most>>20)
	}
	return b, err
}
