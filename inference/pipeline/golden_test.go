package pipeline

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kinora/inference"
	"kinora/inference/device/devicetest/choose"
	"kinora/inference/families/wan"
	"kinora/inference/golden"
	"kinora/inference/model"
	"kinora/inference/picture"
	"kinora/inference/tokenizer"
	"kinora/inference/tokenizer/clean"
	"kinora/inference/weights"
	"kinora/inference/weights/lora"
)

// A shelf is a library of one model.
type shelf struct {
	parts   model.Checkpoint
	about   inference.Model
	unknown []string
	worded  map[string]string
	loras   map[string]weights.Source
}

func (s shelf) Models() []inference.Model { return []inference.Model{s.about} }
func (s shelf) Open(string) (model.Checkpoint, func() error, error) {
	return s.parts, func() error { return nil }, nil
}
func (s shelf) Adapter(file string) (*lora.Adapter, func() error, error) {
	src, ok := s.loras[file]
	if !ok {
		return nil, nil, fmt.Errorf("%w: no LoRA %s", inference.ErrNoModel, file)
	}
	a, err := lora.Read(src)
	return a, func() error { return nil }, err
}
func (s shelf) Wording(_, prompt string) inference.Wording {
	if to, ok := s.worded[prompt]; ok {
		return inference.Wording{Text: to, Instead: []inference.Instead{{Word: prompt, Taught: to}}}
	}
	return inference.Wording{Text: prompt, Without: s.unknown}
}
func (s shelf) Count(_, prompt string) (tokens, most int) {
	if s.parts.Tokenizer == nil {
		return 0, 0
	}
	return len(s.parts.Tokenizer.EncodePrompt(prompt, 0)), 16
}

// told is a source with metadata: what shapes cannot tell.
type told struct {
	weights.Map
	config map[string]any
}

func (t told) Metadata() map[string]string {
	b, _ := json.Marshal(t.config)
	return map[string]string{"config": string(b)}
}

type run struct {
	Weights struct{ DiT, T5, VAE, Tokenizer string }
	Config  struct {
		DiT     map[string]any
		TextLen int    `json:"text_len"`
		Stride  [3]int `json:"vae_stride"`
		Patch   [3]int `json:"patch_size"`
	}
	Call struct {
		Solver     string
		Steps      int
		Shift      float64
		GuideScale float64 `json:"guide_scale"`
		FrameNum   int     `json:"frame_num"`
		SizeWH     [2]int  `json:"size_wh"`
		MaxArea    int     `json:"max_area"`
	}
	Prompt   prompt
	Negative prompt `json:"negative_prompt"`
}

type prompt struct {
	Text, Cleaned string
	IDs           []int32
}

func base(file string) string { return file[:len(file)-len(filepath.Ext(file))] }

func TestGoldenEndToEnd(t *testing.T) {
	for _, name := range []string{"e2e_t2v", "e2e_i2v", "e2e_t2v_dpmpp"} {
		t.Run(name, func(t *testing.T) { endToEnd(t, name) })
	}
}

func endToEnd(t *testing.T, name string) {
	c := golden.Open(t, name)
	var r run
	golden.JSON(t, name, &r)
	spiece, err := os.ReadFile(filepath.Join(golden.Dir(), r.Weights.Tokenizer))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Open(spiece)
	if err != nil {
		t.Fatal(err)
	}
	if r.Negative.Text == "" { // then the reference takes its own
		n := clean.Prompt(wan.NegativePrompt)
		r.Negative = prompt{wan.NegativePrompt, n, tok.EncodePrompt(n, r.Config.TextLen)}
	}
	for name, p := range map[string]prompt{"in.ids": r.Prompt, "in.ids_null": r.Negative} {
		cleaned := clean.Prompt(p.Text)
		ids := tok.EncodePrompt(cleaned, r.Config.TextLen)
		if cleaned != p.Cleaned || !slices.Equal(ids, p.IDs) {
			t.Errorf("%s: %q becomes %q and %v, want %q and %v", name, p.Text, cleaned, ids, p.Cleaned, p.IDs)
		}
		if want := c.I64(t, name); !slices.EqualFunc(ids, want, func(a int32, b int64) bool { return int64(a) == b }) {
			t.Errorf("%s: %v, want %v", name, ids, want)
		}
	}
	vae := golden.Open(t, base(base(r.Weights.VAE))+".weights")
	s := shelf{parts: model.Checkpoint{
		Name:     name,
		Text:     told{golden.Open(t, base(base(r.Weights.T5))+".weights").Tensors, map[string]any{"text_len": r.Config.TextLen}},
		Denoiser: told{golden.Open(t, base(base(r.Weights.DiT))+".weights").Tensors, r.Config.DiT},
		VAE: told{vae.Tensors, map[string]any{
			"latents_mean": vae.Config("config", "scale_mean"), "latents_std": vae.Config("config", "scale_std"),
		}},
		Tokenizer: tok,
	}}
	s.about = inference.Model{Name: name, Title: name, SizeStep: r.Config.Stride[1] * r.Config.Patch[1], ImageToVideo: true}
	p := New(choose.Device(t), s)
	p.noise = func(int, int) []float32 { return channelsLast(c.F32(t, "in.noise"), c.Shape(t, "in.noise")[0]) }
	seen := map[string][]float32{}
	p.trace = func(name string, v []float32) { seen[name] = slices.Clone(v) }

	req := inference.Request{
		Prompt: r.Prompt.Text, Negative: r.Negative.Text, Width: r.Call.SizeWH[0], Height: r.Call.SizeWH[1],
		Frames: r.Call.FrameNum, FPS: 24, Steps: r.Call.Steps, Guidance: r.Call.GuideScale, Shift: r.Call.Shift, Sampler: r.Call.Solver,
	}
	if _, ok := c.Tensors["in.image_u8"]; ok {
		sh := c.Shape(t, "in.image_u8")
		req.Image = &inference.Picture{Width: sh[1], Height: sh[0], Pix: c.U8(t, "in.image_u8")}
		// The picture's shape decides, within the area that is asked for.
		req.Area = r.Call.MaxArea
		req.Width, req.Height = picture.BestSize(sh[1], sh[0], s.about.SizeStep, req.Area)
	}
	clip, err := p.Generate(t.Context(), req, nil)
	if err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, c, "context", seen["context"])
	if req.Image != nil {
		golden.Compare(t, c, "in.image", channelsFirst(seen["image"], 3))
		golden.Compare(t, c, "image_latent", channelsFirst(seen["image_latent"], c.Shape(t, "image_latent")[0]))
	}
	ch := c.Shape(t, "in.noise")[0]
	series := func(name string, n int) (all []float32) {
		for i := range n {
			all = append(all, channelsFirst(seen[fmt.Sprint(name, ".", i)], ch)...)
		}
		return all
	}
	if req.Guidance == 1 { // costs one pass here; the reference takes two all the same
		c.Seen("context_null", "pred_uncond")
	} else {
		golden.Compare(t, c, "context_null", seen["context_null"])
		if _, ok := c.Tensors["pred_uncond"]; ok {
			golden.Compare(t, c, "pred_uncond", series("pred_uncond", c.Shape(t, "pred_uncond")[0]))
		}
	}
	for _, name := range []string{"latents", "pred_cond"} {
		if _, ok := c.Tensors[name]; ok {
			golden.Compare(t, c, name, series(name, c.Shape(t, name)[0]))
		}
	}
	// One timestep for all tokens, or one for each latent frame.
	var times []float32
	tokens := c.Shape(t, "model_t")
	for i := range tokens[0] {
		told := seen[fmt.Sprint("model_t.", i)]
		for j := range tokens[1] {
			times = append(times, told[j*len(told)/tokens[1]])
		}
	}
	golden.Compare(t, c, "model_t", times)
	var video []float32
	for i := range c.Shape(t, "in.noise")[1] {
		video = append(video, seen[fmt.Sprint("video.", i)]...)
	}
	for i, v := range video {
		video[i] = max(-1, min(1, v))
	}
	golden.Compare(t, c, "video", channelsFirst(video, 3))
	golden.Complete(t, c, func(name string) bool { return !strings.HasPrefix(name, "in.") })
	if len(clip.Frames) != r.Call.FrameNum {
		t.Errorf("%d frames, want %d", len(clip.Frames), r.Call.FrameNum)
	}
}

// channelsLast moves the first of c channels to the end: the reference's layout
// to ours.
func channelsLast(v []float32, c int) []float32 { return transpose(v, c, len(v)/c) }

func channelsFirst(v []float32, c int) []float32 { return transpose(v, len(v)/c, c) }

func transpose(v []float32, rows, cols int) []float32 {
	out := make([]float32, len(v))
	for i := range rows {
		for j := range cols {
			out[j*rows+i] = v[i*cols+j]
		}
	}
	return out
}
