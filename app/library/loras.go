package library

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kinora/inference"
	"kinora/inference/weights"
	"kinora/inference/weights/lora"
)

// describe says what a LoRA is.
func describe(path string, src weights.Source) (*inference.Adapter, error) {
	a, err := readLoRA(path, src)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if dir := filepath.Base(filepath.Dir(path)); name == adapterModel || name == "pytorch_lora_weights" {
		name = dir // the libraries call all of them alike
	}
	return &inference.Adapter{Name: name, Path: path, Model: a.Model, Rank: a.Rank, Bytes: a.Bytes}, nil
}

const (
	adapterModel  = "adapter_model" // PEFT's name for the file; the next is that of its settings, beside it
	adapterConfig = "adapter_config.json"
	maxConfig     = 1 << 20
)

// configured is a LoRA's file with the settings that PEFT keeps beside it.
type configured struct {
	weights.Source
	about map[string]string
}

// Metadata implements weights.Noted.
func (c configured) Metadata() map[string]string { return c.about }

func readLoRA(path string, src weights.Source) (*lora.Adapter, error) {
	if strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) != adapterModel {
		return lora.Read(src)
	}
	text, err := readLimited(os.DirFS(filepath.Dir(path)), adapterConfig, maxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return lora.Read(src)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the settings of the LoRA %s: %w", inference.ErrInvalid, path, err)
	}
	about := maps.Clone(weights.Metadata(src))
	if about == nil {
		about = map[string]string{}
	}
	about[lora.ConfigKey] = string(text)
	return lora.Read(configured{src, about})
}

// distinct numbers LoRAs that are called alike.
func distinct(list []inference.Adapter) {
	seen := map[string]int{}
	for i := range list {
		name := list[i].Name
		if seen[name]++; seen[name] > 1 {
			list[i].Name = fmt.Sprint(name, "-", seen[name])
		}
	}
}

// Adapters lists the LoRAs in the folders.
func (l *Library) Adapters() []inference.Adapter {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.loras)
}

// Adapter opens a LoRA, by its name or its path. The function it returns closes it.
func (l *Library) Adapter(file string) (*lora.Adapter, func() error, error) {
	path := l.adapterPath(file)
	src, err := weights.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, l.noAdapter(file)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("LoRA: %w", orNoModel(err))
	}
	a, err := readLoRA(path, src)
	if err != nil {
		return nil, nil, errors.Join(lora.Named(file, err), src.Close())
	}
	return a, src.Close, nil
}

// adapterPath is where a LoRA lies: names that are known come before paths.
func (l *Library) adapterPath(file string) string {
	all := l.Adapters()
	for _, a := range all {
		if a.Name == file || filepath.Base(a.Path) == file {
			return a.Path
		}
	}
	return file
}

func (l *Library) noAdapter(file string) error {
	var names []string
	for _, a := range l.Adapters() {
		names = append(names, a.Name)
	}
	if len(names) == 0 {
		return fmt.Errorf("%w: there is no LoRA %s; give the path of its file, or put it among the models", inference.ErrNoModel, file)
	}
	return fmt.Errorf("%w: there is no LoRA %s; give the path of its file, or one of: %s", inference.ErrNoModel, file, strings.Join(names, ", "))
}

// adapterPrint tells a LoRA from what may take its place; empty where it is not there.
func (l *Library) adapterPrint(file string) string {
	path := l.adapterPath(file)
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	print := fmt.Sprintf("%s %d %d", path, info.Size(), info.ModTime().UnixNano())
	if beside, err := os.Stat(filepath.Join(filepath.Dir(path), adapterConfig)); err == nil {
		print += fmt.Sprintf(" %d %d", beside.Size(), beside.ModTime().UnixNano())
	}
	return print
}
