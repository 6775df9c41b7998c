// Package studio is what the application can do, said once. The window and the
// command line are two doors to it; neither can do anything that the other could
// not. It does not know how a clip is drawn, nor how it is shown.
package studio

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"kinora/app/config"
	"kinora/app/disk"
	"kinora/app/export"
	"kinora/app/history"
	"kinora/app/job"
	"kinora/app/library"
	"kinora/app/settings"
	"kinora/inference"
)

// An Order asks for a clip: a request, and the file its first frame comes from.
type Order struct {
	inference.Request
	ImagePath string // read by Submit when Request.Image is nil
	Anew      bool   // made even if the history has it
}

// An Example is a prompt worth trying with a model.
type Example struct {
	Situation string `json:"situation"` // class, advertisement, characters, shapes
	Prompt    string `json:"prompt"`
}

// Options are what a studio is made of.
type Options struct {
	Version  string
	Places   settings.Places
	Open     func(EngineOptions) (inference.Engine, error)
	Examples func(model string) []Example // may be nil
	// Engine overrides what the settings say about the engine; may be nil.
	Engine func(*EngineOptions)
	// Config is used in place of the file that the settings name; may be nil.
	Config *config.Config
	// Watch follows the configuration file and the folder of models.
	Watch bool
	// Forget keeps clips in memory only and remembers nothing.
	Forget bool
	Disk   disk.FS // nil: the real one
}

// A Studio makes clips and remembers them. All its methods may be called from any
// goroutine; those with a ctx may touch the disk and should not be called from
// the one that draws.
type Studio struct {
	options  Options
	disk     disk.FS
	settings *settings.Store
	history  *history.Store // nil when Forget
	queue    *job.Queue
	engine   engine
	events   bulletin
	fresh    shelf
	errands  errands

	mu       sync.Mutex
	config   config.Config
	watchers []*library.Watcher

	lastMoment struct {
		sync.Mutex
		at time.Time
	}
}

// Open opens the studio. What the user should know of (a damaged file that was
// put aside, clips that were found again) waits for the first to Listen.
func Open(ctx context.Context, o Options) (*Studio, error) {
	s := &Studio{options: o, disk: o.Disk}
	if s.disk == nil {
		s.disk = disk.OS{}
	}
	var note string
	var err error
	if s.settings, note, err = settings.Open(s.disk, o.Places); err != nil {
		return nil, err
	}
	s.events.tell(Event{Topic: SettingsChanged, Text: note})
	if !o.Forget {
		if err := s.openHistory(ctx); err != nil {
			return nil, err
		}
	}
	s.queue = job.New(s.work, s.record)
	if o.Watch {
		s.watch() // before the first reading, so that no change falls between
	}
	s.loadConfig(true)
	return s, nil
}

func (s *Studio) openHistory(ctx context.Context) (err error) {
	var aside string
	if s.history, aside, err = history.Open(ctx, s.options.Places.Data); err != nil {
		return err
	}
	found, err := s.recover(ctx)
	if err != nil {
		s.history.Close()
		return fmt.Errorf("history: %w", err)
	}
	switch {
	case aside != "":
		s.events.tell(Event{Topic: HistoryChanged, Text: fmt.Sprintf(
			"The history was damaged. It is kept as %s, and a new one holds the %d clips that were found in %s.", aside, found, s.Folder())})
	case found > 0:
		s.events.tell(Event{Topic: HistoryChanged, Text: fmt.Sprintf("%d finished clips were found again in %s.", found, s.Folder())})
	}
	return nil
}

// Close interrupts what runs and lets go of everything.
func (s *Studio) Close() error {
	s.mu.Lock()
	watchers := s.watchers
	s.watchers = nil
	s.mu.Unlock()
	for _, w := range watchers {
		w.Close()
	}
	s.errands.close()
	s.queue.Close()
	s.engine.close()
	s.events.close()
	if s.history != nil {
		return s.history.Close()
	}
	return nil
}

// Formats lists what Export can write.
func (s *Studio) Formats() []export.Format { return export.Formats() }

// Settings returns what the user chose.
func (s *Studio) Settings() settings.Values { return s.settings.Get() }

// SettingsTable lists the settings for a form.
func (s *Studio) SettingsTable() []settings.Item { return settings.Table() }

// SetSettings checks and saves v. What it changes is in force when it returns,
// except for the rows of the table that say otherwise.
func (s *Studio) SetSettings(v settings.Values) error {
	was := s.settings.Get()
	if err := s.settings.Set(v); err != nil {
		return err
	}
	if v.ConfigFile != was.ConfigFile {
		s.loadConfig(false)
	}
	folders := v.ModelFolder != was.ModelFolder || v.FindModels != was.FindModels || !slices.Equal(v.MoreFolders, was.MoreFolders)
	if v.ConfigFile != was.ConfigFile || folders {
		if s.options.Watch {
			s.watch()
		}
	}
	if v.Device != was.Device || v.Threads != was.Threads || v.Precision != was.Precision || v.Memory != was.Memory || folders {
		s.engine.forget()
		s.events.tell(Event{Topic: ModelsChanged})
	}
	s.events.tell(Event{Topic: SettingsChanged})
	return nil
}

// Folder is where clips are kept.
func (s *Studio) Folder() string { return s.settings.Get().ClipFolder }
