package studio

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"kinora/app/library"
	"kinora/app/settings"
	"kinora/inference"
)

// EngineOptions say what an engine is to be made of.
type EngineOptions struct {
	Device      string // auto, cpu, cuda, cuda-mma
	GPU         int    // which one, of several
	Precision   string // of arithmetic; empty: the engine's choice
	Plain       bool   // the GPU's steps are not recorded
	Threads     int    // 0: all cores
	ModelFolder string
	MoreFolders []string
	Found       []string // folders of models that nobody told of
	Memory      int64    // bytes that a clip may take; 0: what is free
	TextFolder  string   // where encoded prompts are kept; empty: nowhere
}

// An engine holds the engine of the moment. It is opened when first needed and
// again after forget; one that still works on a clip is closed after that.
type engine struct {
	mu     sync.Mutex
	opened *opened
	closed bool
}

type opened struct {
	inference.Engine
	users int
	stale bool
}

// hold returns the engine and what gives it back.
func (e *engine) hold(open func() (inference.Engine, error)) (inference.Engine, func(), error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, nil, errors.New("the program is closing")
	}
	if e.opened == nil {
		made, err := open()
		if err != nil {
			return nil, nil, err // the next who asks tries again
		}
		e.opened = &opened{Engine: made}
	}
	o := e.opened
	o.users++
	return o.Engine, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		o.users--
		o.tidy()
	}, nil
}

// forget makes the next hold open anew.
func (e *engine) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.opened != nil {
		e.opened.stale = true
		e.opened.tidy()
		e.opened = nil
	}
}

func (e *engine) close() {
	e.forget()
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
}

func (o *opened) tidy() {
	if c, ok := o.Engine.(io.Closer); ok && o.stale && o.users == 0 {
		c.Close()
	}
}

func (s *Studio) hold() (inference.Engine, func(), error) {
	return s.engine.hold(func() (inference.Engine, error) { return s.options.Open(s.engineOptions()) })
}

func (s *Studio) engineOptions() EngineOptions {
	v := s.settings.Get()
	o := EngineOptions{Device: v.Device, Threads: v.Threads, ModelFolder: v.ModelFolder, MoreFolders: v.MoreFolders, Found: found(v), Memory: int64(v.Memory) * 1e9}
	if !s.options.Forget {
		o.TextFolder = filepath.Join(s.options.Places.Data, "texts")
	}
	if v.Precision != "auto" {
		o.Precision = v.Precision
	}
	c := s.configuration()
	if c.DeviceIDs != nil {
		if len(*c.DeviceIDs) == 0 {
			o.Device = "cpu"
		} else {
			o.GPU = (*c.DeviceIDs)[0]
		}
	}
	if c.Precision != nil {
		o.Precision = *c.Precision
	}
	o.Plain = c.EnableCUDAGraph != nil && !*c.EnableCUDAGraph
	if s.options.Engine != nil {
		s.options.Engine(&o)
	}
	return o
}

// found lists the folders of models that are looked into without being told.
func found(v settings.Values) []string {
	if !v.FindModels {
		return nil
	}
	return library.Find()
}

// Models lists what can be asked for; the first is the one to offer. Where there
// are none, Check and Submit say why.
func (s *Studio) Models() []inference.Model {
	e, release, err := s.hold()
	if err != nil {
		return nil
	}
	defer release()
	all := e.Models()
	if c := s.configuration(); c.ModelName != nil {
		for i, m := range all {
			if m.Name == *c.ModelName {
				first := append([]inference.Model{m}, all[:i]...)
				return append(first, all[i+1:]...)
			}
		}
	}
	return all
}

// Faults tells which folders look like models and cannot be used, in sentences.
func (s *Studio) Faults() []string {
	e, release, err := s.hold()
	if err != nil {
		return nil
	}
	defer release()
	f, ok := e.(interface{ Faults() map[string]error })
	if !ok {
		return nil
	}
	var list []string
	for dir, err := range f.Faults() {
		list = append(list, (&unusable{dir, err}).Error())
	}
	slices.Sort(list)
	return list
}

// An unusable error says why what looks like a model is none.
type unusable struct {
	path string
	err  error
}

func (u *unusable) Error() string {
	return fmt.Sprintf("The model in %s cannot be used: %s", u.path, strings.TrimPrefix(u.err.Error(), inference.ErrNoModel.Error()+": "))
}

func (u *unusable) Unwrap() []error { return []error{inference.ErrNoModel, u.err} }

// because says why a model that was asked for by name is not there, where its file is.
func because(e inference.Engine, name string, err error) error {
	f, ok := e.(interface{ Faults() map[string]error })
	if !ok || name == "" || !errors.Is(err, inference.ErrNoModel) {
		return err
	}
	for path, fault := range f.Faults() {
		if library.ModelName(path) == name {
			return &unusable{path, fault}
		}
	}
	return err
}

// modelsChanged takes the folder of models over as it is now. A fault is told
// once, not at every change.
func (s *Studio) modelsChanged() {
	before := s.Faults()
	s.engine.forget()
	s.events.tell(Event{Topic: ModelsChanged})
	for _, f := range s.Faults() {
		if !slices.Contains(before, f) {
			s.events.tell(Event{Topic: ModelsChanged, Err: errors.New(f)})
		}
	}
}

// LoRAs lists the LoRAs that can be laid on models.
func (s *Studio) LoRAs() []inference.Adapter {
	e, release, err := s.hold()
	if err != nil {
		return nil
	}
	defer release()
	if a, ok := e.(interface{ Adapters() []inference.Adapter }); ok {
		return a.Adapters()
	}
	return nil
}

// Examples lists prompts worth trying with a model.
func (s *Studio) Examples(model string) []Example {
	if s.options.Examples == nil {
		return nil
	}
	return s.options.Examples(model)
}

// Defaults is the request to start from: the model's own defaults with the
// configuration file's on top.
func (s *Studio) Defaults(model string) inference.Request {
	c := s.configuration()
	all := s.Models()
	for i, m := range all {
		if m.Name == model || model == "" && i == 0 {
			r := c.Over(m.Default)
			r.Model = m.Name
			return r
		}
	}
	return c.Over(inference.Request{})
}
