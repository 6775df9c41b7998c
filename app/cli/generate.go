package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"kinora/app/config"
	"kinora/app/job"
	"kinora/app/studio"
	"kinora/inference"
)

// An ask is what the flags of generate say.
type ask struct {
	inference.Request
	image, size, config, like, out, device string
	prompts                                string
	threads                                int
	memory                                 int64
	json, quiet, forget, anew, plans       bool
	preset                                 string
	given                                  map[string]bool
}

func (a *ask) flags(f *flag.FlagSet) {
	r := &a.Request
	f.StringVar(&r.Prompt, "prompt", "", "what the clip shows")
	f.StringVar(&a.prompts, "prompts", "", "file with a prompt in each line, - for standard input: makes a clip of each, all with the same seed; --out a.mp4 then gives a-01.mp4, a-02.mp4 …")
	f.StringVar(&r.Negative, "negative", "", "what it should not show; \"\" switches the model's own off")
	f.StringVar(&a.image, "image", "", "picture to start from")
	f.StringVar(&a.size, "size", "", "width and height, such as 256x192 (default: the model's)")
	f.IntVar(&r.Frames, "frames", 0, "frames (default: the model's)")
	f.IntVar(&r.FPS, "fps", 0, "frames a second (default: the model's)")
	f.IntVar(&r.Steps, "steps", 0, "denoising steps (default: the model's)")
	f.Float64Var(&r.Guidance, "guidance", 0, "how closely to follow the prompt; 1 is off and twice as fast (default: the model's)")
	f.Float64Var(&r.GuidanceFrom, "guidance-from", 0, "guide from this part of the steps on, 0 to 1 (default: all)")
	f.Float64Var(&r.GuidanceTo, "guidance-to", 0, "guide up to this part of the steps, 0 to 1; the others take half the time (default: the model's)")
	f.Float64Var(&r.Reuse, "reuse", 0, "leave the model out of steps whose answer can be told from those before, as far as it changes by this part; 0.15 is a good start, 0 is off")
	f.StringVar(&r.Sampler, "sampler", "", "kinora models lists them (default: the model's)")
	f.Float64Var(&r.Shift, "shift", 0, "schedule shift (default: the model's)")
	f.Uint64Var(&r.Seed, "seed", 0, "the same seed gives the same clip (default: by chance)")
	f.IntVar(&r.Window, "attention-window", 0, "attend to so many latent frames on each side; 0: as trained, -1: find out how few do")
	f.StringVar(&r.Model, "model", "", "kinora models lists them (default: the built-in one)")
	a.variants(f)
	f.StringVar(&a.device, "device", "", "auto, cpu, cuda or cuda-mma: cuda without the kernels for Hopper (default: as in the settings)")
	f.IntVar(&a.threads, "threads", 0, "CPU threads; the clip is the same with any number (default: all)")
	f.Func("budget", "memory that the clip may take, such as 8GB (default: as in the settings, else what is free)", func(s string) (err error) {
		a.memory, err = parseBytes(s)
		return err
	})
	f.StringVar(&a.config, "config", "", "inference_config.yaml to take defaults from")
	f.StringVar(&a.like, "like", "", "take all settings from this clip; other flags change single ones")
	f.StringVar(&a.out, "out", "", "clip.mp4, clip.gif, or a folder/ for PNG frames (default: the folder of clips)")
	f.BoolVar(&a.anew, "anew", false, "make the clip even if the history has it")
	f.BoolVar(&a.json, "json", false, "print one JSON object for each event")
	f.BoolVar(&a.quiet, "quiet", false, "print nothing but the path of the clip")
	f.BoolVar(&a.forget, "no-history", false, "keep nothing but the file that --out names")
}

// variants are the flags that make another model of a model.
func (a *ask) variants(f *flag.FlagSet) {
	f.Func("lora", "LoRA to lay on the model, as FILE or FILE:STRENGTH; kinora loras lists them; may be given several times; none takes off what --like says", func(s string) error {
		l, err := parseLoRA(s)
		if err == nil && l.File != "none" {
			a.LoRAs = append(a.LoRAs, l)
		}
		return err
	})
	f.StringVar(&a.preset, "preset", "", "settings of a few-step checkpoint: "+presets()+"; flags for single settings go before it")
}

func generate(ctx context.Context, e Env, c *command, args []string) (err error) {
	a := &ask{given: map[string]bool{}}
	f, words, err := parse(e, c, a.flags, args)
	if err != nil {
		return err
	}
	f.Visit(func(f *flag.Flag) { a.given[f.Name] = true })
	show := newReporter(e, a.json, a.quiet)
	defer func() {
		if err != nil {
			show.failed(err)
			err = &reported{err}
		}
	}()
	if len(words) > 0 {
		return usage("%q stands alone; put the prompt in quotes after --prompt", words[0])
	}
	if a.given["prompt"] && a.given["prompts"] {
		return usage("--prompt and --prompts do not go together")
	}
	if a.forget && a.out == "" {
		return usage("--no-history needs --out: there would be no clip left")
	}
	s, err := a.open(ctx, e)
	if err != nil {
		return err
	}
	defer shut(ctx, s)
	defer s.Listen(show.event)()
	takes, err := a.takes(s, e.In)
	if err != nil {
		return err
	}
	for _, t := range takes {
		if t.out != "" {
			if err := s.CanExport(t.out, ""); err != nil {
				return err
			}
		}
	}
	for i, t := range takes {
		if len(takes) > 1 {
			show.next(title(i+1, len(takes), t.order.Request))
		}
		if err := produce(ctx, s, t.order, t.out, show); err != nil {
			return err
		}
	}
	return nil
}

func (a *ask) open(ctx context.Context, e Env) (*studio.Studio, error) {
	o := studio.Options{Forget: a.forget}
	if a.device != "card" || !a.plans {
		if err := computes(a.device); err != nil {
			return nil, err
		}
	}
	if a.threads < 0 || a.threads > 1024 {
		return nil, usage("--threads %d: want 1 to 1024, or 0 for all cores", a.threads)
	}
	if a.given["config"] {
		c, err := config.Read(a.config)
		if err != nil {
			return nil, err
		}
		o.Config = &c
	}
	o.Engine = func(eo *studio.EngineOptions) {
		if a.device != "" {
			eo.Device = a.device
		}
		if a.threads != 0 {
			eo.Threads = a.threads
		}
		if a.memory != 0 {
			eo.Memory = a.memory
		}
	}
	return e.open(ctx, o)
}

// computes refuses devices that clips cannot be made on.
func computes(device string) error {
	if !slices.Contains([]string{"", "auto", "cpu", "cuda", "cuda-mma"}, device) {
		return usage("--device %s: want auto, cpu, cuda or cuda-mma", device)
	}
	return nil
}

// order puts the flags over the clip that --like names.
func (a *ask) order(s *studio.Studio) (studio.Order, error) {
	o := studio.Order{Anew: a.anew}
	if a.like != "" {
		r, image, err := s.Recipe(a.like)
		if err != nil {
			return o, &plain{err.Error(), inference.ErrInvalid}
		}
		o.Request, o.ImagePath = r, image
	} else if !a.given["seed"] {
		o.Seed = uint64(rand.Uint32())
	}
	if a.given["size"] {
		if err := parseSize(a.size, &a.Width, &a.Height); err != nil {
			return o, err
		}
		o.Width, o.Height = a.Width, a.Height
	}
	if a.preset != "" {
		p, ok := inference.PresetNamed(a.preset)
		if !ok {
			return o, usage("--preset %s: want one of %s", a.preset, presets())
		}
		o.Request = p.Over(o.Request)
	}
	for name, take := range map[string]func(){
		"prompt":           func() { o.Prompt = a.Prompt },
		"negative":         func() { o.Negative, o.NoNegative = a.Negative, a.Negative == "" },
		"frames":           func() { o.Frames = a.Frames },
		"fps":              func() { o.FPS = a.FPS },
		"steps":            func() { o.Steps, o.Sigmas = a.Steps, nil },
		"guidance":         func() { o.Guidance = a.Guidance },
		"guidance-from":    func() { o.GuidanceFrom = a.GuidanceFrom },
		"guidance-to":      func() { o.GuidanceTo = a.GuidanceTo },
		"reuse":            func() { o.Reuse = a.Reuse },
		"sampler":          func() { o.Sampler = a.Sampler },
		"shift":            func() { o.Shift = a.Shift },
		"seed":             func() { o.Seed = a.Seed },
		"attention-window": func() { o.Window = a.Window },
		"model":            func() { o.Model = a.Model },
		"lora":             func() { o.LoRAs = a.LoRAs },
		"image":            func() { o.ImagePath = absolute(a.image) },
	} {
		if a.given[name] {
			take()
		}
	}
	for name, v := range map[string]float64{"frames": float64(a.Frames), "fps": float64(a.FPS), "steps": float64(a.Steps), "guidance": a.Guidance} {
		if a.given[name] && !(v > 0) {
			return o, usage("--%s %g: want more than 0", name, v)
		}
	}
	if o.ImagePath != "" && !a.given["image"] {
		if _, err := os.Stat(o.ImagePath); err != nil {
			return o, usage("%s started from the picture %s, which is not there; give it with --image", a.like, o.ImagePath)
		}
	}
	return o, nil
}

func presets() string {
	var names []string
	for _, p := range inference.Presets {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

// parseLoRA reads FILE or FILE:STRENGTH. A file that is there is told by its whole
// path, since the clip may be made again from another folder.
func parseLoRA(s string) (inference.LoRA, error) {
	l := inference.LoRA{File: s, Strength: 1}
	if at := strings.LastIndexByte(s, ':'); at > 0 {
		if v, err := strconv.ParseFloat(s[at+1:], 64); err == nil {
			l = inference.LoRA{File: s[:at], Strength: v}
		}
	}
	if l.File == "" {
		return l, errors.New("want FILE or FILE:STRENGTH")
	}
	if info, err := os.Stat(l.File); err == nil && info.Mode().IsRegular() {
		l.File = absolute(l.File)
	}
	return l, nil
}

func parseSize(text string, w, h *int) error {
	left, right, ok := strings.Cut(strings.ToLower(strings.NewReplacer("×", "x", "*", "x", " ", "").Replace(text)), "x")
	var e1, e2 error
	*w, e1 = strconv.Atoi(left)
	*h, e2 = strconv.Atoi(right)
	if !ok || e1 != nil || e2 != nil || *w < 1 || *h < 1 {
		return usage("--size %s: want width and height, such as 256x192", text)
	}
	return nil
}

// produce orders a clip and waits for it.
func produce(ctx context.Context, s *studio.Studio, o studio.Order, out string, show *reporter) error {
	if o.ImagePath != "" {
		p, err := s.LoadImage(o.ImagePath)
		if err != nil {
			return err
		}
		o.Image = p
	}
	full, notes, err := s.Check(o.Request)
	for _, n := range notes {
		show.note(n)
	}
	if err != nil {
		return err
	}
	ended := make(chan job.Job, 1)
	defer s.Watch(func(j job.Job) {
		show.job(j)
		if j.State.Ended() {
			ended <- j
		}
	})()
	f, err := s.Forecast(ctx, o.Request)
	if err != nil {
		return err
	}
	show.forecast(f)
	begun := time.Now()
	id, err := s.Submit(o)
	if err != nil {
		return err
	}
	show.begin(id, full)
	var j job.Job
	select {
	case j = <-ended:
	case <-ctx.Done():
		s.Cancel(id)
		select {
		case j = <-ended:
		case <-time.After(900 * time.Millisecond): // it does not answer, so leave it
			return ctx.Err()
		}
	}
	switch j.State {
	case job.Done:
	case job.Cancelled, job.Interrupted:
		return context.Canceled
	default:
		return j.Cause
	}
	path, err := deliver(ctx, s, id, out)
	if err != nil {
		return err
	}
	show.done(j, path, time.Since(begun))
	return nil
}

// shut closes the studio, but does not wait for an engine that does not stop.
func shut(ctx context.Context, s *studio.Studio) {
	closed := make(chan struct{})
	go func() {
		s.Close()
		close(closed)
	}()
	wait := 10 * time.Second
	if ctx.Err() != nil {
		wait = 50 * time.Millisecond
	}
	select {
	case <-closed:
	case <-time.After(wait):
	}
}

// deliver puts the clip where it was asked for and returns that place.
func deliver(ctx context.Context, s *studio.Studio, id job.ID, out string) (string, error) {
	if out != "" {
		return absolute(out), s.Export(ctx, id, out, "")
	}
	e, err := s.Entry(ctx, id)
	if err != nil {
		return "", fmt.Errorf("the clip is made, but: %w", err)
	}
	return e.Output, nil
}
