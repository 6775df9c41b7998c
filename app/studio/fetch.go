package studio

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"kinora/app/disk"
	"kinora/app/fetch"
	"kinora/app/fetch/catalogue"
	"kinora/inference"
)

// An Offer is a file that can be fetched.
type Offer struct {
	catalogue.Entry
	From  string `json:"from"`            // the address
	Page  string `json:"page"`            // where people read about it
	To    string `json:"to"`              // the file it will be
	There bool   `json:"there,omitempty"` // as far as its length tells
	Kept  int64  `json:"kept_bytes,omitempty"`
}

// Offers lists what can be fetched into a folder, the one of models where none is
// named, and which files together make a model. Where a list of the user's own
// cannot be read, the error says so and the others are there all the same.
func (s *Studio) Offers(folder string) (list []Offer, sets []catalogue.Set, err error) {
	c, err := catalogue.Open(filepath.Join(s.options.Places.Config, catalogue.FileName))
	if err != nil {
		err = fmt.Errorf("%w: %w", inference.ErrInvalid, err)
	}
	for _, e := range c.Entries {
		o, wrong := s.offer(e, folder)
		if wrong != nil {
			return nil, nil, wrong
		}
		list = append(list, o)
	}
	return list, c.Sets, err
}

// Select lists the offers that names of files and of sets stand for, each once.
func (s *Studio) Select(folder string, names ...string) (list []Offer, err error) {
	c, err := catalogue.Open(filepath.Join(s.options.Places.Config, catalogue.FileName))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", inference.ErrInvalid, err)
	}
	files, err := c.Select(names...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", inference.ErrInvalid, err)
	}
	for _, e := range files {
		o, err := s.offer(e, folder)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

func (s *Studio) offer(e catalogue.Entry, folder string) (Offer, error) {
	v := s.settings.Get()
	if folder == "" {
		folder = v.ModelFolder
	}
	endpoint, err := v.Endpoint()
	if err != nil {
		return Offer{}, err
	}
	f := e.At(endpoint, folder)
	o := Offer{Entry: e, From: f.URL, Page: e.Page(), To: f.Path, Kept: fetch.Kept(f.Path)}
	if info, err := os.Stat(f.Path); err == nil && info.Size() == e.Size {
		o.There, o.Kept = true, 0
	}
	return o, nil
}

// Fetch fetches a file and tells progress. What is there when ctx ends, or the
// studio closes, is kept, and the next Fetch goes on from it. Errors are
// *disk.Error, *fetch.Error or ctx's.
func (s *Studio) Fetch(ctx context.Context, o Offer, progress func(fetch.Progress)) error {
	if s.settings.Get().Offline {
		return &fetch.Error{Text: "Kinora is set to stay offline; change the setting \"offline\" to fetch models"}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done, err := s.errands.begin(stop)
	if err != nil {
		return err
	}
	defer done()
	f := fetch.File{URL: o.From, Path: o.To, Size: o.Size, SHA256: o.SHA256}
	home, _ := os.UserHomeDir() // without one there is no token
	return fetch.Get(ctx, f, fetch.Options{Progress: progress, Token: fetch.HuggingFace(os.Getenv, home)})
}

// Discard removes what is kept of a file.
func (s *Studio) Discard(o Offer) error { return fetch.Discard(o.To) }

// Room says how many bytes are lacking on the disk for offers; 0: they fit, or it
// is not known.
func (s *Studio) Room(list []Offer) (lacking int64) {
	var need int64
	dir := ""
	for _, o := range list {
		if !o.There {
			need += o.Size - o.Kept
			dir = filepath.Dir(o.To)
		}
	}
	for dir != "" {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir) // not made yet
	}
	if free, known := disk.Free(dir); known && dir != "" && free < need {
		return need - free
	}
	return 0
}

// errands are what goes on beside the queue and must be over before the studio
// closes.
type errands struct {
	mu     sync.Mutex
	stops  map[int]func()
	n      int
	closed bool
	all    sync.WaitGroup
}

func (e *errands) begin(stop func()) (done func(), err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, errors.New("the program is closing")
	}
	if e.stops == nil {
		e.stops = map[int]func(){}
	}
	e.n++
	id := e.n
	e.stops[id] = stop
	e.all.Add(1)
	return func() {
		e.mu.Lock()
		delete(e.stops, id)
		e.mu.Unlock()
		e.all.Done()
	}, nil
}

// close stops them and waits until they have put things in order.
func (e *errands) close() {
	e.mu.Lock()
	e.closed = true
	for _, stop := range e.stops {
		stop()
	}
	e.mu.Unlock()
	e.all.Wait()
}
