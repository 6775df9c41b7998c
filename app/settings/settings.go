// Package settings holds what the user chose, in one typed table, and the places
// where Kinora keeps things. Forms are made from the table. It does not know what
// the settings do.
package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kinora/app/disk"
	"kinora/inference"
)

// Values are the settings. Their JSON names are the keys of the table.
type Values struct {
	ClipFolder  string            `json:"clip_folder"`
	ModelFolder string            `json:"model_folder"`
	MoreFolders []string          `json:"more_folders"`
	FindModels  bool              `json:"find_models"` // in ComfyUI's and Hugging Face's folders too
	Mirror      string            `json:"mirror"`      // address that models are fetched from; empty: their publishers'
	Offline     bool              `json:"offline"`     // nothing is fetched
	ConfigFile  string            `json:"config_file"`
	Device      string            `json:"device"`    // auto, cpu, cuda, cuda-mma
	Threads     int               `json:"threads"`   // 0: all cores
	Precision   string            `json:"precision"` // of arithmetic: auto, fp32, bf16
	Memory      int               `json:"memory"`    // GB a clip may take, 0: what is free
	Theme       string            `json:"theme"`     // system, light, dark
	Language    string            `json:"language"`
	Loop        bool              `json:"loop"`
	Lines       bool              `json:"lines"`      // each line of the last prompt was a clip
	Last        inference.Request `json:"last"`       // what was asked for last: prompt, sliders, sampler, seed
	LastImage   string            `json:"last_image"` // path of the picture that it started from, or empty
}

// A Store keeps the settings in a file.
type Store struct {
	on       disk.FS
	path     string
	defaults Values

	mu     sync.Mutex
	values Values
}

// maxFile bounds what is read; the last prompt may be 100 kB.
const maxFile = 4 << 20

// Open reads the settings, or starts with the defaults. note is a sentence for
// the user when a file was there and could not be used; it is then kept aside.
func Open(on disk.FS, p Places) (s *Store, note string, err error) {
	s = &Store{on: on, path: filepath.Join(p.Config, "settings.json"), defaults: Defaults(p)}
	s.values = s.defaults
	info, err := os.Stat(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("settings: %w", err)
	}
	b := []byte{}
	if info.Size() <= maxFile {
		if b, err = os.ReadFile(s.path); err != nil {
			return nil, "", fmt.Errorf("settings: %w", err)
		}
	}
	v := s.defaults
	err = json.Unmarshal(b, &v)
	if err == nil {
		err = Check(v)
	}
	if err == nil {
		s.values = v
		return s, "", nil
	}
	aside := filepath.Join(p.Config, "settings.damaged-"+time.Now().Format("20060102-150405.000")+".json")
	if e := on.Rename(s.path, aside); e != nil {
		return nil, "", &disk.Error{Path: s.path, Err: e}
	}
	return s, fmt.Sprintf("The settings could not be read (%v). They are kept as %s, and the defaults are in force.", err, aside), nil
}

// Get returns the settings.
func (s *Store) Get() Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values
}

// Set checks and saves v.
func (s *Store) Set(v Values) error {
	v.Last.Image = nil
	if err := Check(v); err != nil {
		return err
	}
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := disk.WriteFile(s.on, s.path, append(b, '\n')); err != nil {
		return err
	}
	s.values = v
	return nil
}

// Path is the file the settings are in.
func (s *Store) Path() string { return s.path }
