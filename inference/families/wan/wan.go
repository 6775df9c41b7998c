// Package wan draws the models of the Wan2.2 TI2V shape: a UMT5 text encoder, a
// diffusion transformer with per-frame timesteps, and a causal VAE. The published
// TI2V-5B and the built-in starter model are two configurations of it; sizes are
// read from the checkpoint's own shapes, and what shapes cannot tell from its
// metadata. It does not load, loop or allocate.
package wan

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"kinora/inference"
	"kinora/inference/model"
	"kinora/inference/weights"
)

// Family recognises Wan checkpoints by the head of their denoiser.
var Family = model.Family{Name: "wan", Open: func(c model.Checkpoint) (model.Model, bool, error) {
	if _, _, ok := c.Denoiser.Info("head.modulation"); !ok {
		return nil, false, nil
	}
	m, err := New(c, Config{})
	return m, true, err
}}

// A Config holds what the shapes of a checkpoint do not tell. Zero values are
// filled from the parts' metadata, then with what the published model has.
type Config struct {
	Heads      int       `json:"num_heads"`
	TextLen    int       `json:"text_len"`
	Eps        float32   `json:"eps"`
	QKNorm     *bool     `json:"qk_norm"`         // nil means they are normalised
	Window     *int      `json:"temporal_window"` // of separable attention
	Mean       []float32 `json:"latents_mean"`
	Std        []float32 `json:"latents_std"`
	Shift      float64   `json:"shift"`
	PromptLen  int       `json:"-"` // tokens of a prompt: the text encoder's text_len, if it is less
	TextHeads  int       `json:"-"`
	NumBuckets int       `json:"-"`
}

// A Wan is one checkpoint of the family.
type Wan struct {
	cfg       Config
	parts     model.Checkpoint
	traits    model.Traits
	dim, freq int
	separable bool
	textDim   int
}

var _ model.Model = (*Wan)(nil)

// New reads the sizes of a checkpoint. Errors name the tensor that is missing or
// that contradicts the others.
func New(c model.Checkpoint, cfg Config) (*Wan, error) {
	m := &Wan{parts: c, cfg: cfg}
	for _, src := range []weights.Source{c.Denoiser, c.VAE, c.Text} {
		if err := merge(&m.cfg, src); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	if err := m.measure(); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	return m, nil
}

// Traits implements model.Model.
func (m *Wan) Traits() model.Traits { return m.traits }

// Checkpoint implements model.Model.
func (m *Wan) Checkpoint() model.Checkpoint { return m.parts }

// merge fills what cfg leaves open from a part's metadata.
func merge(cfg *Config, src weights.Source) error {
	text := weights.Metadata(src)["config"]
	if text == "" {
		return nil
	}
	var c Config
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return fmt.Errorf("metadata config: %w", err)
	}
	if c.TextHeads = 0; cfg.Heads == 0 {
		if _, _, dit := src.Info("head.modulation"); dit {
			cfg.Heads = c.Heads
		}
	}
	if _, _, text := src.Info("token_embedding.weight"); text {
		fill(&cfg.PromptLen, c.TextLen)
	}
	fill(&cfg.TextLen, c.TextLen)
	fill(&cfg.Eps, c.Eps)
	fill(&cfg.Shift, c.Shift)
	fill(&cfg.QKNorm, c.QKNorm)
	fill(&cfg.Window, c.Window)
	if cfg.Mean == nil {
		cfg.Mean, cfg.Std = c.Mean, c.Std
	}
	return nil
}

func fill[T comparable](to *T, from T) {
	var zero T
	if *to == zero {
		*to = from
	}
}

// measure reads the checkpoint's shapes.
func (m *Wan) measure() error {
	dit, vae, text := m.parts.Denoiser, m.parts.VAE, m.parts.Text
	_, patch, ok := dit.Info("patch_embedding.weight")
	if !ok || len(patch) != 5 {
		return fmt.Errorf("patch_embedding.weight: want [dim channels t h w], checkpoint has %v: %w", patch, inference.ErrNoModel)
	}
	m.dim = patch[0]
	_, te, ok := dit.Info("time_embedding.0.weight")
	if !ok || len(te) != 2 {
		return fmt.Errorf("time_embedding.0.weight: want [dim freq], checkpoint has %v: %w", te, inference.ErrNoModel)
	}
	m.freq = te[1]
	_, _, m.separable = dit.Info("blocks.0.temporal_attn.q.weight")
	_, emb, ok := text.Info("token_embedding.weight")
	if !ok || len(emb) != 2 {
		return fmt.Errorf("token_embedding.weight: want [vocabulary dim], checkpoint has %v: %w", emb, inference.ErrNoModel)
	}
	m.textDim = emb[1]
	_, pos, ok := text.Info("blocks.0.pos_embedding.embedding.weight")
	if !ok || len(pos) != 2 {
		return fmt.Errorf("blocks.0.pos_embedding.embedding.weight: want [buckets heads], checkpoint has %v: %w", pos, inference.ErrNoModel)
	}
	m.cfg.NumBuckets, m.cfg.TextHeads = pos[0], pos[1]
	_, z, ok := vae.Info("conv2.weight")
	if !ok || len(z) != 5 {
		return fmt.Errorf("conv2.weight: want [z z 1 1 1], checkpoint has %v: %w", z, inference.ErrNoModel)
	}
	if z[0] != patch[1] {
		return fmt.Errorf("the VAE has %d latent channels, the denoiser %d: they are of different models: %w", z[0], patch[1], inference.ErrNoModel)
	}
	space, time, err := strides(vae)
	if err != nil {
		return err
	}
	m.traits = model.Traits{
		Channels: z[0], Spatial: space, Temporal: time,
		Patch:  [3]int{patch[2], patch[3], patch[4]},
		Layers: layers(dit, "blocks."),
	}
	return m.complete()
}

// complete fills the rest of the configuration with what the published model has
// and checks it.
func (m *Wan) complete() error {
	c := &m.cfg
	fill(&c.Heads, m.dim/128)
	fill(&c.TextLen, 512)
	fill(&c.PromptLen, c.TextLen)
	fill(&c.Eps, 1e-6)
	fill(&c.Shift, 5)
	if c.Window == nil {
		w := 3
		c.Window = &w
	}
	if c.Mean == nil && m.traits.Channels == len(publishedMean) {
		c.Mean, c.Std = publishedMean, publishedStd
	}
	if len(c.Mean) != m.traits.Channels || len(c.Std) != m.traits.Channels {
		return fmt.Errorf("latent statistics for %d and %d channels, want %d: %w", len(c.Mean), len(c.Std), m.traits.Channels, inference.ErrNoModel)
	}
	if c.Heads < 1 || m.dim%(2*c.Heads) != 0 {
		return fmt.Errorf("%d heads for %d channels: %w", c.Heads, m.dim, inference.ErrNoModel)
	}
	if c.PromptLen < 1 || c.TextLen < 1 || c.TextLen > 1<<16 || m.traits.Layers == 0 {
		return fmt.Errorf("text length %d, %d blocks: %w", c.TextLen, m.traits.Layers, inference.ErrNoModel)
	}
	m.traits.TextLen = min(c.PromptLen, c.TextLen)
	m.traits.Default = published
	m.traits.Default.Shift = c.Shift
	return nil
}

// layers counts the consecutive numbers n for which a tensor prefix+n+"." exists.
func layers(src weights.Source, prefix string) int {
	top := -1
	for _, name := range src.Names() {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		num, _, _ := strings.Cut(rest, ".")
		if i, err := strconv.Atoi(num); err == nil && i < 1<<12 {
			top = max(top, i)
		}
	}
	return top + 1
}
