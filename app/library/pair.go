package library

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"kinora/inference"
	"kinora/inference/families/wan"
	"kinora/inference/sampler"
	"kinora/inference/weights/dialect"
)

// A set is the parts that make a model that runs, and where its tokenizer lies.
type set struct {
	denoiser, text, vae part
	tokenizer           string // a file; empty: inside the text encoder's
}

// published says where the parts of Wan2.2 TI2V-5B can be had.
var publishedParts = map[dialect.Part]string{
	dialect.Text: "umt5_xxl_fp8_e4m3fn_scaled.safetensors of Comfy-Org/Wan_2.2_ComfyUI_Repackaged, or the text_encoder folder of Wan-AI/Wan2.2-TI2V-5B-Diffusers",
	dialect.VAE:  "wan2.2_vae.safetensors of Comfy-Org/Wan_2.2_ComfyUI_Repackaged, or the vae folder of Wan-AI/Wan2.2-TI2V-5B-Diffusers",
}

// The sizes of the published model: of its text rows and of its latent.
const (
	publishedWidth    = 4096
	publishedChannels = 48
)

// pair puts every denoiser together with the text encoder and the VAE that suit it
// best (see choose). What is missing is told in faults.
func pair(all []part, room int64, faults map[string]error) []item {
	var items []item
	for _, d := range all {
		if d.Part != dialect.Denoiser {
			continue
		}
		text, okText := choose(all, d, room, func(p part) bool { return p.Part == dialect.Text && p.width == d.width })
		vae, okVAE := choose(all, d, room, func(p part) bool { return p.Part == dialect.VAE && p.channels == d.channels })
		if (!okText || !okVAE) && d.untold && (d.width != publishedWidth || d.channels != publishedChannels) {
			continue // a model of another program
		}
		if !okText || !okVAE {
			var lack, which []string
			if !okText {
				which = append(which, partNames[0])
				lack = append(lack, fmt.Sprintf("a text encoder with rows of %d (%s)", d.width, publishedParts[dialect.Text]))
			}
			if !okVAE {
				which = append(which, partNames[2])
				lack = append(lack, fmt.Sprintf("a VAE with %d channels (%s)", d.channels, publishedParts[dialect.VAE]))
			}
			err := fmt.Errorf("%w: it is the denoiser of %s and needs %s", inference.ErrNoModel, orUnknown(d.Model), strings.Join(lack, " and "))
			faults[d.path] = &Lacking{Model: d.Model, Parts: which, err: err}
			continue
		}
		tok, err := findTokenizer(text)
		if err != nil {
			faults[d.path] = err
			continue
		}
		items = append(items, d.item(set{d, text, vae, tok}))
	}
	return items
}

// A Lacking error is about a denoiser without parts that it needs to run.
type Lacking struct {
	Model string   // empty: not known
	Parts []string // text_encoder, vae
	err   error
}

func (l *Lacking) Error() string { return l.err.Error() }
func (l *Lacking) Unwrap() error { return l.err }

func orUnknown(model string) string {
	if model == "" {
		return "a model of unknown size"
	}
	return model
}

// choose returns the fitting part that suits d best: of those that lie nearest to it,
// the one with the most bits to a number that memory has room for, up to 16 bits: with
// more, devices compute more slowly than they do of themselves. Where memory has room
// for none it is the smallest. Of equal ones it is the first, by the order of folders
// and then by name.
func choose(all []part, d part, room int64, fits func(part) bool) (best part, ok bool) {
	better := func(p, q part) bool {
		if n, m := common(p.path, d.path), common(q.path, d.path); n != m {
			return n > m
		}
		if a, b := room <= 0 || p.Held <= room, room <= 0 || q.Held <= room; a != b {
			return a
		} else if !a {
			return p.Held < q.Held
		}
		a, b := math.Round(10*p.Bits), math.Round(10*q.Bits) // nobody chooses by less
		if a <= plenty != (b <= plenty) {
			return a <= plenty
		} else if a > plenty {
			return a < b
		}
		return a > b
	}
	for _, p := range all {
		if fits(p) && (!ok || better(p, best)) {
			best, ok = p, true
		}
	}
	return best, ok
}

// plenty is 16 bits to a number, in tenths, and what norms in 32 add.
const plenty = 170

// common counts the folders two paths share.
func common(a, b string) int {
	split := func(p string) []string { return strings.Split(filepath.ToSlash(filepath.Dir(p)), "/") }
	x, y := split(a), split(b)
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	if a == b {
		n += 2 // in one file
	}
	return n
}

// item describes a set as a model that can be asked for.
func (p part) item(s set) item {
	name := ModelName(p.path)
	about := inference.Model{
		Name: name, Title: fmt.Sprintf("%s (%s)", name, orUnknown(p.Model)), Path: p.path,
		Default:  inference.Request{Width: 832, Height: 480, Frames: 49, FPS: 24, Steps: 20, Guidance: 5, Shift: 5, Sampler: "unipc", Negative: wan.NegativePrompt},
		SizeStep: 32, MaxSize: 1280, ImageToVideo: true,
		Note: fmt.Sprintf("Stored as %s; with the text encoder %s and the VAE %s %s.", p.Stored,
			s.text.beside(p), s.vae.beside(p), gigabytes(s.denoiser.Bytes+s.text.Bytes+s.vae.Bytes)),
	}
	if few, ok := inference.PresetHinted(p.path); ok {
		about.Default = few.Over(about.Default)
		about.Note += fmt.Sprintf(" By its name it is for few steps: as %s, %d steps without guidance.", few.Title, few.Steps)
	}
	for _, a := range sampler.All {
		about.Samplers = append(about.Samplers, a.Name)
	}
	return item{about: about, set: &s, dir: filepath.Dir(p.path)}
}

// beside tells a part by its path from the nearest folder that it shares with d's: of
// several text encoders people want to know which one was taken.
func (p part) beside(d part) string {
	if p.path == d.path {
		return "of the same file"
	}
	dir := filepath.Dir(d.path)
	for range 3 {
		if rel, err := filepath.Rel(dir, p.path); err == nil && !strings.HasPrefix(rel, "..") {
			return filepath.ToSlash(rel)
		}
		dir = filepath.Dir(dir)
	}
	return p.path
}

func gigabytes(n int64) string {
	if n < 1e8 {
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// ModelName makes a name of where the weights lie: the file's, or, where all files
// of that kind are called alike, the folder's.
func ModelName(path string) string {
	base := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), ".index")
	base = strings.TrimSuffix(base, ".safetensors")
	dir := filepath.Dir(path)
	revision := func() bool { return filepath.Base(filepath.Dir(dir)) == "snapshots" }
	for base == "diffusion_pytorch_model" || base == "model" || base == "dit" || base == "transformer" || strings.HasPrefix(base, "snapshots") {
		if revision() { // of the Hugging Face cache: models--Owner--Name/snapshots/revision
			repository := filepath.Base(filepath.Dir(filepath.Dir(dir)))
			if i := strings.LastIndex(repository, "--"); i >= 0 {
				repository = repository[i+len("--"):]
			}
			return repository
		}
		base, dir = filepath.Base(dir), filepath.Dir(dir)
	}
	return base
}
