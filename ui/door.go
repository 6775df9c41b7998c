// Package ui is Kinora's window: the studio's door for people who point and
// click. It shows what the studio tells and asks it for clips; it does not know
// how clips are made, nor how anything is stored.
package ui

import (
	"context"
	"image"

	"fyne.io/fyne/v2"

	"kinora/app/export"
	"kinora/app/fetch"
	"kinora/app/fetch/catalogue"
	"kinora/app/history"
	"kinora/app/job"
	"kinora/app/settings"
	"kinora/app/studio"
	"kinora/inference"
)

// A Door is what the window needs of the studio. Methods that take a context, and
// Models, LoadImage, Recipe, Offers, Missing and SetSettings, may touch the disk: the window calls them
// from the background only.
type Door interface {
	Models() []inference.Model
	LoRAs() []inference.Adapter
	Examples(model string) []studio.Example
	Defaults(model string) inference.Request
	Check(inference.Request) (inference.Request, []string, error)
	Forecast(context.Context, inference.Request) (studio.Forecast, error)
	LoadImage(path string) (*inference.Picture, error)

	Submit(studio.Order) (job.ID, error)
	Cancel(job.ID)
	Jobs() []job.Job
	Watch(func(job.Job)) (stop func())
	Listen(func(studio.Event)) (stop func())

	History(context.Context, history.Filter) ([]history.Entry, error)
	Delete(context.Context, job.ID) error
	Restore(context.Context, job.ID) error
	Clip(context.Context, job.ID) (*inference.Clip, error)
	Thumbnail(context.Context, job.ID) (image.Image, error)

	Formats() []export.Format
	Export(ctx context.Context, id job.ID, path, format string) error
	Recipe(path string) (r inference.Request, imagePath string, err error)

	Offers(folder string) ([]studio.Offer, []catalogue.Set, error)
	Missing() []studio.Lack
	Fetch(context.Context, studio.Offer, func(fetch.Progress)) error

	Settings() settings.Values
	SetSettings(settings.Values) error
	SettingsTable() []settings.Item
	Folder() string
}

// Meta is what the window shows of the program itself.
type Meta struct {
	Version string
	Device  string    // what clips are made on, in a few words
	Screen  fyne.Size // pixels that a window may take; zero: not known
}
