// Package model says what the pipeline needs of a model. A model is a few drawn
// graphs and a few numbers; it has no state, no device and no loop.
package model

import (
	"kinora/inference"
	"kinora/inference/graph"
	"kinora/inference/tokenizer"
	"kinora/inference/weights"
)

// A Checkpoint is the parts of which a model is put together.
type Checkpoint struct {
	Name      string
	Text      weights.Source
	Denoiser  weights.Source
	VAE       weights.Source
	Tokenizer *tokenizer.Tokenizer
	// Identity tells these weights from all others; empty where that is not known.
	Identity string
}

// Vocabulary is the text encoder's table of a row for each token.
const Vocabulary = "token_embedding.weight"

// Traits are the numbers in which models differ.
type Traits struct {
	Channels          int    // of the latent
	Spatial, Temporal int    // strides of the VAE
	Patch             [3]int // of the denoiser: frames, rows, columns
	TextLen           int    // tokens at most, the end token included
	Layers            int
	Default           inference.Request
}

// SizeStep returns what width and height must be multiples of.
func (t Traits) SizeStep() int { return t.Spatial * max(t.Patch[1], t.Patch[2]) }

// A Model draws the graphs of one checkpoint. Latents are [frames, rows, columns,
// channels], as is video, with colours in −1 … 1.
type Model interface {
	Traits() Traits
	Checkpoint() Checkpoint
	// Text turns token ids [n] into rows [n, dim].
	Text(s *graph.Scope, ids *graph.Node) *graph.Node
	// Condition turns text rows into all that the denoiser needs of a prompt and
	// that no step changes. Of the padding behind the text it keeps as many rows as make
	// so many keys, at least one where there is any; conditions of one program must have
	// equally many.
	Condition(s *graph.Scope, text *graph.Node, keys int) *graph.Node
	// Denoise predicts the velocity noise − data of x under each of the conditions.
	// The timesteps t [1] or [latent frames] are in 0 … 1000, or what Times made of as
	// many; window limits attention in time, 0 leaves it as trained.
	Denoise(s *graph.Scope, x, t *graph.Node, conditions []*graph.Node, window int) []*graph.Node
	// Decode turns one latent frame into Temporal frames, the first of a clip into
	// one. Caches pass between chunks as states.
	Decode(s *graph.Scope, z *graph.Node, first bool) *graph.Node
	// Encode is the way back: one frame for the first, Temporal for the others.
	Encode(s *graph.Scope, frames *graph.Node, first bool) *graph.Node
}

// A Timed model works out what it makes of timesteps for all steps of a clip at once:
// Times turns [n] into [n, width].
type Timed interface {
	Times(s *graph.Scope, t *graph.Node) *graph.Node
}

// A Frugal model can do with the text alone: what Context returns may stand in
// place of a condition, takes less memory, and costs a little in every step.
type Frugal interface {
	Context(s *graph.Scope, text *graph.Node, keys int) *graph.Node
}

// A Tiler's Decode is Develop(Features): only Features looks at a frame as a whole,
// so what Develop does can be done piece by piece, each with a margin that is
// thrown away.
type Tiler interface {
	Features(s *graph.Scope, z *graph.Node, first bool) *graph.Node
	Develop(s *graph.Scope, x *graph.Node, first bool) *graph.Node
}

// A Rounder shows the matrices that its files have as float32 in the 16 bits that the
// reference computes with on a GPU, in each part that is large in their numbers.
type Rounder interface {
	Round(large func(numbers int64) bool) Model
}

// A Family recognises and opens the checkpoints of one architecture.
type Family struct {
	Name string
	Open func(Checkpoint) (m Model, ok bool, err error)
}
