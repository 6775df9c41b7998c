package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"golang.org/x/text/width"

	"kinora/app/export"
	"kinora/app/history"
	"kinora/app/job"
	"kinora/app/settings"
	"kinora/app/studio"
	"kinora/inference"
)

func models(ctx context.Context, e Env, c *command, args []string) error {
	var asJSON, all bool
	_, _, err := parse(e, c, func(f *flag.FlagSet) {
		f.BoolVar(&asJSON, "json", false, "print JSON")
		f.BoolVar(&all, "examples", false, "print all example prompts, not one of each kind")
	}, args)
	if err != nil {
		return err
	}
	s, err := e.open(ctx, studio.Options{Forget: true})
	if err != nil {
		return err
	}
	defer s.Close()
	defer e.warn(s)()
	found := s.Models()
	for _, f := range s.Faults() {
		fmt.Fprintf(e.Err, "kinora: %s\n", f)
	}
	if len(found) == 0 {
		if _, _, err := s.Check(inference.Request{Prompt: "x"}); err != nil {
			return err
		}
		return &plain{"there is no model", inference.ErrNoModel}
	}
	if asJSON {
		return printJSON(e, describe(found))
	}
	for _, m := range found {
		d := m.Default
		where := m.Path
		if where == "" {
			where = "built in"
		}
		title := strings.TrimPrefix(m.Title, m.Name+" ") // bf16 (Wan2.2 TI2V-5B), where the file makes the name
		if title == m.Title {
			title = ": " + title
		} else {
			title = " " + title
		}
		fmt.Fprintf(e.Out, "%s%s: %s\n", m.Name, title, where)
		if m.Note != "" {
			fmt.Fprintf(e.Out, "    %s\n", m.Note)
		}
		fmt.Fprintf(e.Out, "    by itself %d×%d, %s at %d a second, %s, guidance %g", d.Width, d.Height, number(d.Frames, "frame"), d.FPS, number(d.Steps, "step"), d.Guidance)
		if d.GuidanceTo > 0 && d.GuidanceTo < 1 {
			fmt.Fprintf(e.Out, " in the first %g %% of them", 100*d.GuidanceTo)
		}
		fmt.Fprintln(e.Out)
		fmt.Fprintf(e.Out, "    sizes in steps of %d; samplers: %s\n", m.SizeStep, strings.Join(m.Samplers, ", "))
		shown := map[string]bool{}
		for _, x := range s.Examples(m.Name) {
			if all || !shown[x.Situation] {
				fmt.Fprintf(e.Out, "    try: %s\n", x.Prompt)
			}
			shown[x.Situation] = true
		}
	}
	return nil
}

func loras(ctx context.Context, e Env, c *command, args []string) error {
	var asJSON bool
	_, _, err := parse(e, c, func(f *flag.FlagSet) { f.BoolVar(&asJSON, "json", false, "print JSON") }, args)
	if err != nil {
		return err
	}
	s, err := e.open(ctx, studio.Options{Forget: true})
	if err != nil {
		return err
	}
	defer s.Close()
	defer e.warn(s)()
	for _, f := range s.Faults() {
		fmt.Fprintf(e.Err, "kinora: %s\n", f)
	}
	found := s.LoRAs()
	if asJSON {
		return printJSON(e, append([]inference.Adapter{}, found...))
	}
	for _, l := range found {
		fmt.Fprintf(e.Out, "%s: for %s, rank %d, %s (%s)\n", l.Name, or(l.Model, "a model that its tensors do not tell"), l.Rank, amount(l.Bytes), l.Path)
	}
	if len(found) == 0 {
		fmt.Fprintf(e.Err, "There is none in %s.\n", s.Settings().ModelFolder)
	}
	return nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// A modelJSON is a model as --json shows it.
type modelJSON struct {
	Name         string            `json:"name"`
	Title        string            `json:"title"`
	Path         string            `json:"path,omitempty"`
	Note         string            `json:"note,omitempty"`
	SizeStep     int               `json:"size_step"`
	MaxSize      int               `json:"max_size"`
	Samplers     []string          `json:"samplers"`
	ImageToVideo bool              `json:"image_to_video"`
	Default      inference.Request `json:"default"`
}

func describe(all []inference.Model) []modelJSON {
	out := make([]modelJSON, len(all))
	for i, m := range all {
		out[i] = modelJSON{m.Name, m.Title, m.Path, m.Note, m.SizeStep, m.MaxSize, m.Samplers, m.ImageToVideo, m.Default}
	}
	return out
}

func list(ctx context.Context, e Env, c *command, args []string) error {
	var asJSON, deleted bool
	var limit int
	_, words, err := parse(e, c, func(f *flag.FlagSet) {
		f.BoolVar(&asJSON, "json", false, "print JSON")
		f.BoolVar(&deleted, "deleted", false, "list the deleted clips that can still be restored")
		f.IntVar(&limit, "limit", 20, "how many")
	}, args)
	if err != nil {
		return err
	}
	if limit < 1 {
		return usage("--limit %d: want 1 or more", limit)
	}
	s, err := e.open(ctx, studio.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	defer e.warn(s)()
	es, err := s.History(ctx, history.Filter{Search: strings.Join(words, " "), Limit: limit, Deleted: deleted})
	if err != nil {
		return err
	}
	if asJSON {
		if es == nil {
			es = []history.Entry{}
		}
		return printJSON(e, es)
	}
	for _, h := range es {
		if _, err := fmt.Fprintf(e.Out, "%s  %-11s  %s  %s\n", h.ID, h.State, cell(h.Request.Prompt, 48), h.Output); err != nil {
			return err
		}
	}
	return nil
}

// cell cuts or fills text to n columns; Chinese and Japanese take two each.
func cell(s string, n int) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	r = r[:min(len(r), n+1)]
	if columns(string(r)) > n {
		for columns(string(r)) > n-1 {
			r = r[:len(r)-1]
		}
		r = append(r, '…')
	}
	return string(r) + strings.Repeat(" ", n-columns(string(r)))
}

// columns is how wide text is shown.
func columns(s string) (n int) {
	for _, r := range s {
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}

// on runs f for the one clip that args name.
func on(ctx context.Context, e Env, c *command, args []string, set func(*flag.FlagSet), f func(*studio.Studio, job.ID) error) error {
	_, words, err := parse(e, c, set, args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return usage("name one clip by its ID; kinora history lists them")
	}
	s, err := e.open(ctx, studio.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	defer e.warn(s)()
	err = f(s, job.ID(words[0]))
	if errors.Is(err, history.ErrNotFound) {
		return &plain{err.Error() + "; kinora history lists them", inference.ErrInvalid}
	}
	return err
}

func exportClip(ctx context.Context, e Env, c *command, args []string) error {
	var out string
	return on(ctx, e, c, args, func(f *flag.FlagSet) {
		f.StringVar(&out, "out", "", "clip.mp4, clip.gif, or a folder/ for PNG frames")
	}, func(s *studio.Studio, id job.ID) error {
		if out == "" {
			return usage("say where to with --out")
		}
		if err := s.CanExport(out, ""); err != nil {
			return err
		}
		if err := s.Export(ctx, id, out, ""); err != nil {
			return err
		}
		_, err := fmt.Fprintln(e.Out, absolute(out))
		return err
	})
}

func remove(ctx context.Context, e Env, c *command, args []string) error {
	return on(ctx, e, c, args, func(*flag.FlagSet) {}, func(s *studio.Studio, id job.ID) error { return s.Delete(ctx, id) })
}

func restore(ctx context.Context, e Env, c *command, args []string) error {
	return on(ctx, e, c, args, func(*flag.FlagSet) {}, func(s *studio.Studio, id job.ID) error { return s.Restore(ctx, id) })
}

func recipe(_ context.Context, e Env, c *command, args []string) error {
	_, words, err := parse(e, c, func(*flag.FlagSet) {}, args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return usage("name one file")
	}
	r, err := export.Read(words[0])
	if err != nil {
		return &plain{err.Error(), inference.ErrInvalid}
	}
	return printJSON(e, r)
}

func change(ctx context.Context, e Env, c *command, args []string) error {
	_, words, err := parse(e, c, func(*flag.FlagSet) {}, args)
	if err != nil {
		return err
	}
	s, err := e.open(ctx, studio.Options{Forget: true})
	if err != nil {
		return err
	}
	defer s.Close()
	defer e.warn(s)()
	v := s.Settings()
	if len(words) == 0 {
		t := tabwriter.NewWriter(e.Out, 0, 0, 2, ' ', 0)
		for _, i := range s.SettingsTable() {
			fmt.Fprintf(t, "%s\t%v\t%s\n", i.Key, show(i, &v), i.Help)
		}
		return t.Flush()
	}
	if len(words) != 2 {
		return usage("want a key and a value, or neither")
	}
	for _, i := range s.SettingsTable() {
		if i.Key != words[0] {
			continue
		}
		if err := assign(i, &v, words[1]); err != nil {
			return err
		}
		return s.SetSettings(v)
	}
	return usage("there is no setting %q; kinora settings lists them", words[0])
}

func show(i settings.Item, v *settings.Values) any {
	switch x := i.Field(v).(type) {
	case *string:
		return *x
	case *int:
		return *x
	case *bool:
		return *x
	case *[]string:
		return strings.Join(*x, string(filepath.ListSeparator))
	}
	return ""
}

func assign(i settings.Item, v *settings.Values, text string) (err error) {
	switch x := i.Field(v).(type) {
	case *string:
		if *x = text; i.Kind == settings.Folder || i.Kind == settings.File {
			*x = absolute(text)
		}
	case *int:
		*x, err = strconv.Atoi(text)
	case *bool:
		*x, err = strconv.ParseBool(text)
	case *[]string:
		*x = nil
		for _, p := range filepath.SplitList(text) {
			if p != "" {
				*x = append(*x, absolute(p))
			}
		}
	}
	if err != nil {
		return usage("%s: %q is no %s", i.Key, text, i.Kind)
	}
	return nil
}

func printJSON(e Env, v any) error {
	enc := json.NewEncoder(e.Out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
