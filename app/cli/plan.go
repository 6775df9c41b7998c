package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"kinora/app/studio"
	"kinora/inference"
)

// planClip shows what a clip will take, before anything is loaded.
func planClip(ctx context.Context, e Env, c *command, args []string) error {
	a := &ask{given: map[string]bool{}, plans: true}
	var budget string
	f, words, err := parse(e, c, func(f *flag.FlagSet) {
		f.StringVar(&a.Prompt, "prompt", "", "what the clip shows; its length counts a little")
		f.StringVar(&a.image, "image", "", "picture to start from")
		f.StringVar(&a.size, "size", "", "width and height, such as 1280x704 (default: the model's)")
		f.IntVar(&a.Frames, "frames", 0, "frames (default: the model's)")
		f.IntVar(&a.Steps, "steps", 0, "denoising steps (default: the model's)")
		f.Float64Var(&a.Guidance, "guidance", 0, "1 is off and takes one text less (default: the model's)")
		f.StringVar(&a.Sampler, "sampler", "", "kinora models lists them (default: the model's)")
		f.StringVar(&a.Model, "model", "", "kinora models lists them (default: the built-in one). wan2.2-ti2v-5b, and that with -fp8 or -q8_0 after it, can be planned for without being there")
		a.variants(f)
		f.StringVar(&a.device, "device", "", "auto, cpu, cuda, cuda-mma, or card: a GPU that need not be there (default: as in the settings)")
		f.IntVar(&a.threads, "threads", 0, "CPU threads (default: all)")
		f.StringVar(&a.config, "config", "", "inference_config.yaml to take defaults from")
		f.StringVar(&a.like, "like", "", "take all settings from this clip")
		f.StringVar(&budget, "budget", "", "memory that the clip may take, such as 8GB (default: as in the settings, else what is free)")
		f.BoolVar(&a.json, "json", false, "print JSON")
	}, args)
	if err != nil {
		return err
	}
	if len(words) > 0 {
		return usage("%q stands alone; kinora plan --help shows the flags", words[0])
	}
	f.Visit(func(f *flag.Flag) { a.given[f.Name] = true })
	if a.memory, err = parseBytes(budget); err != nil {
		return err
	}
	s, err := a.open(ctx, e)
	if err != nil {
		return err
	}
	defer s.Close()
	defer e.warn(s)()
	order, err := a.order(s)
	if err != nil {
		return err
	}
	if order.ImagePath != "" {
		if order.Image, err = s.LoadImage(order.ImagePath); err != nil {
			return err
		}
	}
	fc, err := s.Forecast(ctx, order.Request)
	if err != nil {
		return err
	}
	if a.json {
		return printJSON(e, forecastJSON(fc))
	}
	return printPlan(e.Out, fc)
}

// parseBytes reads an amount of memory, such as 8GB, 7.5 GB, 500MB or 6GiB.
func parseBytes(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	t := strings.ToLower(strings.ReplaceAll(text, " ", ""))
	for _, u := range []struct {
		name string
		size float64
	}{{"gib", 1 << 30}, {"mib", 1 << 20}, {"gb", 1e9}, {"mb", 1e6}, {"g", 1e9}, {"m", 1e6}, {"", 1e9}} {
		number, ok := strings.CutSuffix(t, u.name)
		if !ok {
			continue
		}
		if v, err := strconv.ParseFloat(number, 64); err == nil && v > 0 && v*u.size < 1<<50 {
			return int64(v * u.size), nil
		}
		break
	}
	return 0, usage("--budget %s: want an amount such as 8GB", text)
}

// A planJSON is a forecast as --json shows it.
type planJSON struct {
	Seconds float64 `json:"seconds,omitempty"`
	Runs    int     `json:"learned_from_runs"`
	Disk    int64   `json:"disk_bytes"`
	inference.Memory
}

func forecastJSON(f studio.Forecast) planJSON {
	return planJSON{seconds(f.Time), f.Runs, f.Disk, f.Memory}
}

func printPlan(w io.Writer, f studio.Forecast) error {
	m := f.Memory
	fmt.Fprintf(w, "On %s, with room for %s.\n\n", m.Device, amount(m.Room))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "stay\tby turns\tin the file\tworking\theld\ttotal\t  \t")
	for _, p := range m.Phases {
		if strings.HasSuffix(p.Name, "first frame") { // the next counts it as held
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t  %s\n", amount(p.Resident), amount(p.Streamed), amount(p.Mapped), amount(p.Working+p.Staging), amount(p.Held), amount(p.Total), phaseName(p))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprint(w, "\nWeights that stay, that come by in their turn, and that are read where the file has\nthem; values that are worked on; what is held meanwhile; all that takes room.\n\n")
	if m.Shared {
		fmt.Fprintf(w, "At most %s, %s of them for frames.\n", amount(m.Peak), amount(m.Host))
	} else {
		fmt.Fprintf(w, "At most %s on the device, and %s of the computer's memory for frames.\n", amount(m.Peak), amount(m.Host))
	}
	_, err := fmt.Fprintln(w, foretold(f))
	return err
}

// phaseName says how a phase is made to fit.
func phaseName(p inference.Phase) string {
	name := p.Name
	if p.Tiles > 0 {
		name += fmt.Sprintf(", %d of them", p.Tiles)
	}
	if p.Rows > 0 {
		name += fmt.Sprintf(", %d rows at a time", p.Rows)
	}
	return name
}

// foretold is a forecast in a sentence.
func foretold(f studio.Forecast) string {
	disk := fmt.Sprintf("about %s on disk", amount(f.Disk))
	if f.Time == 0 {
		return "How long it takes is known once a clip of this model was made here; " + disk + "."
	}
	return fmt.Sprintf("About %s, as %s took; %s.", short(f.Time), clips(f.Runs), disk)
}

func clips(n int) string {
	if n == 1 {
		return "the last clip"
	}
	return fmt.Sprintf("the last %d clips", n)
}

// amount is a number of bytes as people say it.
func amount(n int64) string {
	switch {
	case n == 0:
		return "-"
	case n < 1e6:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(n)/1e9)
}
