// Package studio is what the application can do, said once. The window and the
// command line are two doors to it; neither can do anything that the other could
// not. It does not know how a clip is drawn, nor how it is shown.
package studio

import (
	"context"
	"errors"
	"image"

	"kinora/app/export"
	"kinora/app/history"
	"kinora/app/job"
	"kinora/app/settings"
	"kinora/inference"
)

var errTodo = errors.New("not built yet")

// An Order asks for a clip: a request, and the file its first frame comes from.
type Order struct {
	inference.Request
	ImagePath string // read by Submit when Request.Image is nil
}

// An Example is a prompt worth trying with a model.
type Example struct {
	Situation string `json:"situation"` // class, advertisement, characters, shapes
	Prompt    string `json:"prompt"`
}

// A Topic is something that can change behind the doors' backs.
type Topic string

// The topics.
const (
	ModelsChanged   Topic = "models"
	ConfigChanged   Topic = "config"
	SettingsChanged Topic = "settings"
	HistoryChanged  Topic = "history"
)

// An Event tells of such a change.
type Event struct {
	Topic Topic
	Text  string // one sentence for people; empty when it need not be said
	Err   error  // the change could not be taken over: say so
}

// A Studio makes clips and remembers them. All its methods may be called from any
// goroutine; those with a ctx may touch the disk and should not be called from
// the one that draws.
type Studio struct{}

// Close cancels what runs and lets go of everything.
func (s *Studio) Close() error { return errTodo }

// Models lists what can be asked for; the first is the one to offer.
func (s *Studio) Models() []inference.Model { return nil }

// Examples lists prompts worth trying with a model.
func (s *Studio) Examples(model string) []Example { return nil }

// Defaults is the request to start from: the model's own defaults with the
// configuration file's on top.
func (s *Studio) Defaults(model string) inference.Request { return inference.Request{} }

// Check completes a request and says what is wrong with it (err) and what will
// not turn out as written (notes).
func (s *Studio) Check(r inference.Request) (inference.Request, []string, error) {
	return r, nil, errTodo
}

// LoadImage reads the first frame for a clip, refusing what is too large.
func (s *Studio) LoadImage(path string) (*inference.Picture, error) { return nil, errTodo }

// Submit queues an order.
func (s *Studio) Submit(o Order) (job.ID, error) { return "", errTodo }

// Cancel stops a job, running or not.
func (s *Studio) Cancel(id job.ID) {}

// Jobs lists the jobs of this run of the program, oldest first.
func (s *Studio) Jobs() []job.Job { return nil }

// Watch calls f on every change of a job, in order, never two at once, from a
// goroutine of its own. Progress is coalesced, changes of state are not.
func (s *Studio) Watch(f func(job.Job)) (stop func()) { return func() {} }

// Listen calls f on every change of models, configuration, settings and history,
// in the manner of Watch.
func (s *Studio) Listen(f func(Event)) (stop func()) { return func() {} }

// History finds remembered clips, newest first.
func (s *Studio) History(ctx context.Context, f history.Filter) ([]history.Entry, error) {
	return nil, errTodo
}

// Delete takes a clip out of the history. Its files stay until they are purged, a
// week later, so that Restore can bring it back.
func (s *Studio) Delete(ctx context.Context, id job.ID) error { return errTodo }

// Restore brings a deleted clip back.
func (s *Studio) Restore(ctx context.Context, id job.ID) error { return errTodo }

// Clip reads the frames of a finished clip for playing.
func (s *Studio) Clip(ctx context.Context, id job.ID) (*inference.Clip, error) {
	return nil, errTodo
}

// Thumbnail is a small still of a finished clip.
func (s *Studio) Thumbnail(ctx context.Context, id job.ID) (image.Image, error) {
	return nil, errTodo
}

// Formats lists what Export can write.
func (s *Studio) Formats() []export.Format { return nil }

// Export saves a finished clip at path. An empty format is told from the path.
func (s *Studio) Export(ctx context.Context, id job.ID, path, format string) error { return errTodo }

// Recipe reads the settings back from an exported file.
func (s *Studio) Recipe(path string) (r inference.Request, imagePath string, err error) {
	return r, "", errTodo
}

// Settings returns what the user chose.
func (s *Studio) Settings() settings.Values { return settings.Values{} }

// SetSettings checks and saves v. What it changes is in force when it returns,
// except for the rows of the table that say otherwise.
func (s *Studio) SetSettings(v settings.Values) error { return errTodo }

// SettingsTable lists the settings for a form.
func (s *Studio) SettingsTable() []settings.Item { return nil }

// Folder is where clips are kept.
func (s *Studio) Folder() string { return "" }
