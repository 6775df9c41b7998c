package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kinora/app/library"
	"kinora/inference"
	"kinora/inference/device/cpu"
	"kinora/inference/device/devicetest/choose"
	"kinora/inference/golden"
	"kinora/inference/tokenizer/clean"
)

// TestMiniatures opens every form of checkpoint, as the libraries write them, the way
// the program does, and holds the clip to the one that diffusers' WanPipeline makes of
// the same numbers: from the sentence to the video, within rounding.
func TestMiniatures(t *testing.T) {
	m := golden.OpenMini(t)
	var first []float32
	for _, s := range m.Made.Sets {
		t.Run(s.Name, func(t *testing.T) {
			latents, video := miniature(t, m, s, nil)
			part := func(all []float32) (some []float32) {
				for i := 0; i < len(all); i += m.Made.Part {
					some = append(some, all[i])
				}
				return some
			}
			last := latents[len(latents)-len(latents)/(m.Made.Steps+1):]
			golden.Compare(t, m.Case, s.Name+".latents", part(last))
			golden.Compare(t, m.Case, s.Name+".video", part(video))
			if s.Exact {
				if first == nil {
					first = video
				}
				if !slices.Equal(first, video) {
					t.Error("the same weights in another form give another clip")
				}
			}
		})
	}
}

// TestMadeWeightsAreCounted: a device that reads weights where the file has them has to
// hold those that are only made of the file's.
func TestMadeWeightsAreCounted(t *testing.T) {
	m := golden.OpenMini(t)
	for _, s := range m.Made.Sets {
		made := map[string]bool{"comfy_kitchen": true, "comfy_bf16": false, "comfy_weight_scale": false, "comfy_weight_scale_inv": true}
		want, ok := made[s.Name]
		if !ok {
			continue
		}
		dir := t.TempDir()
		m.Unpack(t, dir, s.Files...)
		lib, err := library.New(os.DirFS("../../assets/starter"), dir)
		if err != nil {
			t.Fatal(err)
		}
		r := inference.Request{Model: lib.Models()[1].Name, Prompt: "x", Width: m.Made.Size, Height: m.Made.Size, Frames: m.Made.Frames}
		plan, err := New(cpu.New(cpu.Options{}), lib).Plan(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, ph := range plan.Phases {
			if strings.HasPrefix(ph.Name, denoiserPhase) && (ph.Resident > 0 != want || ph.Mapped == 0) {
				t.Errorf("%s: %d bytes resident, %d mapped; want some resident: %v", s.Name, ph.Resident, ph.Mapped, want)
			}
		}
	}
}

// TestWanPipeline goes through all that diffusers' two pipelines do: ids, text rows,
// every step's latent, and the frames.
func TestWanPipeline(t *testing.T) {
	m := golden.OpenMini(t)
	set := m.Made.Sets[slices.IndexFunc(m.Made.Sets, func(s golden.MiniSet) bool { return s.Name == "diffusers" })]
	for _, kind := range []string{"t2v", "i2v"} {
		t.Run(kind, func(t *testing.T) {
			var image *inference.Picture
			if kind == "i2v" {
				sh := m.Shape(t, "in.image")
				image = &inference.Picture{Width: sh[1], Height: sh[0], Pix: m.U8(t, "in.image")}
			}
			latents, video := miniature(t, m, set, image)
			golden.Compare(t, m.Case, kind+".latents", latents)
			golden.Compare(t, m.Case, kind+".video", video)
		})
	}
}

// miniature makes the clip of a set: the latent that the model sees in each step and
// the VAE at last, channels first, and the video, [frames, 3, rows, columns] in 0 … 1.
func miniature(t *testing.T, m *golden.Mini, s golden.MiniSet, image *inference.Picture) (latents, video []float32) {
	dir := t.TempDir()
	m.Unpack(t, dir, s.Files...)
	lib, err := library.New(os.DirFS("../../assets/starter"), dir)
	if err != nil {
		t.Fatal(err)
	}
	all := lib.Models()[1:]
	if len(all) != 1 || len(lib.Faults()) > 0 {
		t.Fatalf("models %+v, faults %v", all, lib.Faults())
	}
	parts, closer, err := lib.Open(all[0].Name)
	if err != nil {
		t.Fatal(err)
	}
	if got := clean.Prompt(m.Made.Prompt); got != m.Made.Cleaned {
		t.Errorf("the prompt becomes %q, want %q", got, m.Made.Cleaned)
	}
	for name, text := range map[string]string{"in.ids": m.Made.Prompt, "in.ids_null": m.Made.Negative} {
		ids, want := parts.Tokenizer.EncodePrompt(clean.Prompt(text), 512), m.I64(t, name)
		if !slices.EqualFunc(ids, want, func(a int32, b int64) bool { return int64(a) == b }) {
			t.Errorf("%s: %v, want %v", name, ids, want)
		}
	}
	if err := closer(); err != nil {
		t.Error(err)
	}

	r := inference.Request{
		Model: all[0].Name, Prompt: m.Made.Prompt, Negative: m.Made.Negative, Image: image, Width: m.Made.Size, Height: m.Made.Size,
		Frames: m.Made.Frames, FPS: 24, Steps: m.Made.Steps, Guidance: m.Made.Guidance, Sampler: "unipc",
		Sigmas: m.Made.Sigmas, // diffusers begins and ends its schedule elsewhere than the official code
	}
	if s.LoRA != "" {
		on := t.TempDir()
		m.Unpack(t, on, s.LoRA, filepath.ToSlash(filepath.Join(filepath.Dir(s.LoRA), "*.json")))
		r.LoRAs = []inference.LoRA{{File: filepath.Join(on, filepath.FromSlash(s.LoRA)), Strength: s.Strength}}
	}
	p := New(choose.Device(t), lib)
	p.noise = func(int, int) []float32 { return channelsLast(m.F32(t, "in.noise"), m.Shape(t, "in.noise")[0]) }
	seen := map[string][]float32{}
	p.trace = func(name string, v []float32) { seen[name] = slices.Clone(v) }
	clip, err := p.Generate(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(clip.Frames) != m.Made.Frames {
		t.Errorf("%d frames, want %d", len(clip.Frames), m.Made.Frames)
	}
	for _, name := range []string{"context", "context_null"} {
		if s.Exact {
			golden.Compare(t, m.Case, name, seen[name])
		}
	}
	sh := m.Shape(t, "in.noise")
	for i := range m.Made.Steps + 1 {
		latents = append(latents, channelsFirst(seen[fmt.Sprint("latents.", i)], sh[0])...)
	}
	area := m.Made.Size * m.Made.Size
	for i := range sh[1] {
		all := seen[fmt.Sprint("video.", i)]
		for f := 0; f < len(all); f += 3 * area {
			video = append(video, channelsFirst(all[f:f+3*area], 3)...)
		}
	}
	for i, v := range video {
		video[i] = max(0, min(1, v/2+0.5))
	}
	return latents, video
}
