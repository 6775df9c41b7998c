// Package inference is the vocabulary of generation: what may be asked for, what
// is reported along the way, and what comes back. It holds no machinery and
// imports nothing of ours, so every room may speak it.
package inference

import (
	"context"
	"errors"
	"time"
)

// Errors that callers tell apart. Everything else is an internal failure.
var (
	ErrInvalid  = errors.New("invalid request")
	ErrNoModel  = errors.New("no such model")
	ErrNoMemory = errors.New("not enough memory")
	ErrNoDevice = errors.New("no such device")
)

// A Request is everything needed to make a clip again, bit for bit. Zero values
// mean the model's own default, except Seed, which is always taken as it is.
type Request struct {
	Model    string `json:"model"`
	Prompt   string `json:"prompt"`
	Negative string `json:"negative,omitempty"`
	// NoNegative asks for an empty negative prompt in place of the model's default.
	NoNegative bool     `json:"no_negative,omitempty"`
	Image      *Picture `json:"-"` // first frame of an image-to-video clip, or nil
	Width      int      `json:"width"`
	Height     int      `json:"height"`
	// Area is the pixels asked for where Width and Height were made of them and of
	// Image's shape; it keeps Check from doing that twice.
	Area     int     `json:"area,omitempty"`
	Frames   int     `json:"frames"`
	FPS      int     `json:"fps"`
	Steps    int     `json:"steps"`
	Guidance float64 `json:"guidance"` // 1 switches guidance off and halves the work
	// GuidanceFrom and GuidanceTo bound the part of the steps that is guided, as
	// fractions of the walk. 0, 0 is as the model does by default; 0, 1 is all of it.
	GuidanceFrom float64   `json:"guidance_from,omitempty"`
	GuidanceTo   float64   `json:"guidance_to,omitempty"`
	Sampler      string    `json:"sampler"`
	Shift        float64   `json:"shift,omitempty"`
	Sigmas       []float64 `json:"sigmas,omitempty"` // replaces the schedule; the last must be 0
	// Reuse leaves the model out of steps where its answer can be told from those
	// before, as far as it is thought to change by this part; 0 asks it in all.
	Reuse float64 `json:"reuse,omitempty"`
	// Window limits self-attention to the frames t−Window … t+Window of the
	// latent; 0 leaves attention as the model was trained, AutoWindow finds out how
	// narrow it may be.
	Window int    `json:"attention_window,omitempty"`
	Seed   uint64 `json:"seed"`
	// LoRAs change the denoiser, one after another.
	LoRAs []LoRA `json:"loras,omitempty"`
}

// A LoRA is a file of small changes of a denoiser's weights.
type LoRA struct {
	File     string  `json:"file"`     // the name of an Adapter, or the path of a file
	Strength float64 `json:"strength"` // 1: as it was trained; 0: not at all
}

// An Adapter describes a LoRA that there is.
type Adapter struct {
	Name  string `json:"name"` // for LoRA.File
	Path  string `json:"path"`
	Model string `json:"model"` // which it is for, in words
	Rank  int    `json:"rank"`
	Bytes int64  `json:"bytes"`
}

// AutoWindow stands for the narrowest attention window that does not change what
// the model says.
const AutoWindow = -1

// A Picture is 8-bit RGB, row by row.
type Picture struct {
	Width, Height int
	Pix           []byte // 3·Width·Height
}

// A Stage is one stretch of the road from prompt to clip.
type Stage string

// The stages, in the order they are passed.
const (
	Loading   Stage = "loading"
	Encoding  Stage = "encoding"
	Denoising Stage = "denoising"
	Decoding  Stage = "decoding"
)

// Progress says how far a generation has come.
type Progress struct {
	Stage    Stage
	Step, Of int
	// Done is the share of the whole work that is behind us, 0 … 1, by the cost
	// of each stage.
	Done float64
	// Device is what computes, in a few words.
	Device string
	// Preview is the clip as guessed so far, small; nil when there is nothing new.
	Preview *Clip
}

// A Clip is finished footage: RGB frames of one size, first to last.
type Clip struct {
	Width, Height, FPS int
	Frames             [][]byte // each 3·Width·Height
	Timings            map[Stage]time.Duration
}

// A Model describes a model that can be asked for, and what it does by default.
type Model struct {
	Name     string // for Request.Model
	Title    string // for people
	Path     string // empty for the built-in model
	Default  Request
	SizeStep int      // width and height must be multiples of it
	MaxSize  int      // longest side it was made for
	Samplers []string // in the order menus show them
	// ImageToVideo reports whether Request.Image is understood.
	ImageToVideo bool
	Note         string // one line: licence, edition, what it is good at
}

// An Engine turns requests into clips, one at a time. Cancelling ctx stops it
// within a second, between two operations.
type Engine interface {
	Models() []Model
	// Check completes r with the model's defaults and says, in sentences for
	// people, what cannot be done (err, wraps ErrInvalid or ErrNoModel) and what
	// will not turn out as written (notes), such as words the model never learnt.
	Check(r Request) (full Request, notes []string, err error)
	// Generate calls report from its own goroutine, in order.
	Generate(ctx context.Context, r Request, report func(Progress)) (*Clip, error)
}
