package studio

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"kinora/app/config"
	"kinora/app/library"
)

func (s *Studio) configuration() config.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config
}

// loadConfig reads the configuration file. One that cannot be used is told of,
// and what was in force stays so.
func (s *Studio) loadConfig(first bool) {
	if s.options.Config != nil {
		s.mu.Lock()
		s.config = *s.options.Config
		s.mu.Unlock()
		return
	}
	path := s.settings.Get().ConfigFile
	c := config.Config{}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		if c, err = config.Read(path); err != nil {
			s.events.tell(Event{Topic: ConfigChanged, Err: err})
			return
		}
	}
	s.mu.Lock()
	was := s.config
	s.config = c
	s.mu.Unlock()
	if !same(was.Precision, c.Precision) || !same(was.EnableCUDAGraph, c.EnableCUDAGraph) || !sameList(was.DeviceIDs, c.DeviceIDs) {
		s.engine.forget()
	}
	e := Event{Topic: ConfigChanged}
	if !first {
		e.Text = fmt.Sprintf("The configuration in %s is in force.", path)
		if len(c.Notes) > 0 {
			var keys []string
			for _, n := range c.Notes {
				key, _, _ := strings.Cut(n.Text, ":")
				keys = append(keys, key)
			}
			e.Text += " Without effect here: " + strings.Join(keys, ", ") + "."
		}
	}
	s.events.tell(e)
}

func same[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

func sameList(a, b *[]int) bool {
	return a == nil && b == nil || a != nil && b != nil && slices.Equal(*a, *b)
}

// watch follows the files that the settings name.
func (s *Studio) watch() {
	v := s.settings.Get()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.watchers {
		go w.Close() // it may be the one that led here
	}
	s.watchers = nil
	follow := map[string]func(){
		v.ConfigFile:  func() { s.loadConfig(false) },
		v.ModelFolder: s.modelsChanged,
	}
	if s.history != nil { // what another Kinora, such as the command line, adds
		follow[s.history.Journal()] = func() { s.events.tell(Event{Topic: HistoryChanged}) }
	}
	models := map[string]bool{} // those of which only models count
	for i, dir := range slices.Concat(v.MoreFolders, found(v)) {
		if follow[dir] == nil {
			follow[dir], models[dir] = s.modelsChanged, i >= len(v.MoreFolders)
		}
	}
	for path, changed := range follow {
		watch := library.Watch
		if models[path] {
			watch = library.WatchModels
		}
		w, err := watch(path, changed)
		if err != nil {
			s.events.tell(Event{Topic: ConfigChanged, Err: fmt.Errorf("changes of %s will not be noticed until Kinora is started again: %w", path, err)})
			continue
		}
		s.watchers = append(s.watchers, w)
	}
}
