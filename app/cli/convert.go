package cli

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kinora/app/disk"
	"kinora/inference"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/convert"
)

// convertModel writes a model file in another type.
func convertModel(ctx context.Context, e Env, c *command, args []string) (err error) {
	var to, out string
	var force, asJSON bool
	_, words, err := parse(e, c, func(f *flag.FlagSet) {
		f.StringVar(&to, "type", "q8_0", "what weights become: "+typeNames())
		f.StringVar(&out, "out", "", "the new file, ending in .gguf or .safetensors")
		f.BoolVar(&force, "force", false, "write over a file that is there")
		f.BoolVar(&asJSON, "json", false, "print one JSON object for each event")
	}, args)
	if err != nil {
		return err
	}
	if len(words) != 1 || out == "" {
		return usage("name the model file or folder, and the new file: kinora convert MODEL --type q8_0 --out new.gguf")
	}
	format, d, err := wanted(to, out)
	if err != nil {
		return err
	}
	if _, err := os.Stat(out); err == nil && !force {
		return usage("%s is there already; choose another name, or --force to write over it", out)
	}
	src, err := weights.Open(words[0])
	if err != nil {
		return &plain{err.Error(), inference.ErrNoModel}
	}
	defer src.Close()
	if same, _ := sameFile(words[0], out); same {
		return usage("a model cannot be written over itself; choose another name")
	}
	plan, err := convert.New(src, d, format)
	if err != nil {
		return &plain{fmt.Sprintf("%s: %v", words[0], err), inference.ErrInvalid}
	}
	if free, known := disk.Free(filepath.Dir(absolute(out))); known && free < plan.Bytes+plan.Bytes/100+1<<20 {
		return &disk.Error{Path: out, Err: fmt.Errorf("it will have %s, and %s are free there; free some space or choose another folder", size(plan.Bytes), size(free))}
	}
	show := &converting{e: e, json: asJSON, total: 2 * plan.Bytes, since: time.Now()}
	defer func() {
		show.clear()
		if err != nil && asJSON {
			e.emit(event{Event: ended(err), Error: sentence(err), Code: Code(err)})
			err = &reported{err}
		}
	}()
	for _, n := range plan.Notes {
		show.note(n)
	}
	p, err := disk.Create(disk.OS{}, out)
	if err != nil {
		return err
	}
	defer p.Abort()
	w := bufio.NewWriterSize(p, 1<<20)
	if err := plan.Write(ctx, w, func(n int64) { show.at("converting", n) }); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := verify(ctx, plan, out+disk.Part, func(n int64) { show.at("checking", plan.Bytes+n) }); err != nil {
		return err
	}
	if err := p.Commit(); err != nil {
		return err
	}
	show.clear()
	changed, of, worst, share := plan.Report()
	text := fmt.Sprintf("%s: %s in %s, %d of %d tensors in %s; the most that one moved is %.2g %% of its size (%s)",
		out, size(plan.Bytes), plan.Format, changed, of, to, 100*share, worst)
	if asJSON {
		e.emit(event{Event: "done", Output: out, Text: text, Seconds: seconds(time.Since(show.since))})
		return nil
	}
	_, err = fmt.Fprintln(e.Out, text)
	return err
}

func ended(err error) string {
	if errors.Is(err, context.Canceled) {
		return "cancelled"
	}
	return "failed"
}

func verify(ctx context.Context, plan *convert.Plan, path string, progress func(int64)) error {
	s, err := weights.Open(path)
	if err != nil {
		return fmt.Errorf("the new file does not open: %w", err)
	}
	defer s.Close()
	return plan.Check(ctx, s, progress)
}

func typeNames() string {
	var all []string
	for _, t := range convert.Types {
		all = append(all, t.Name)
	}
	return strings.Join(all, ", ")
}

func wanted(name, out string) (convert.Format, tensor.DType, error) {
	format := convert.Format("")
	switch strings.ToLower(filepath.Ext(out)) {
	case ".gguf":
		format = convert.GGUF
	case ".safetensors":
		format = convert.Safetensors
	default:
		return "", 0, usage("%s: the new file's name must end in .gguf or .safetensors", out)
	}
	for _, t := range convert.Types {
		if t.Name != strings.ToLower(name) {
			continue
		}
		for _, f := range t.In {
			if f == format {
				return format, t.Type, nil
			}
		}
		return "", 0, usage("%s is written to %s files only; name the new file so", t.Name, t.In[0])
	}
	return "", 0, usage("there is no type %q; choose one of %s", name, typeNames())
}

func sameFile(a, b string) (bool, error) {
	x, err := os.Stat(a)
	if err != nil {
		return false, err
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y), err
}

// size says bytes in words.
func size(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%d kB", (n+999)/1000)
}

// A converting shows how far a conversion is.
type converting struct {
	e     Env
	json  bool
	total int64
	since time.Time
	last  time.Time
	bar   bool
}

func (c *converting) at(what string, n int64) {
	if now := time.Now(); now.Sub(c.last) < 100*time.Millisecond {
		return
	} else {
		c.last = now
	}
	share := min(1, float64(n)/float64(max(1, c.total)))
	left := time.Duration(float64(time.Since(c.since)) * (1 - share) / max(share, 1e-9))
	switch width := c.e.Columns(); {
	case c.json:
		share = math.Round(share*1e4) / 1e4
		c.e.emit(event{Event: "progress", Text: what, Done: &share, ETA: seconds(left)})
	case width > 0:
		room := max(10, width-40)
		full := int(share * float64(room))
		fmt.Fprintf(c.e.Err, "\r%-10s %s%s %3.0f %%  %s left\x1b[K", what, strings.Repeat("█", full), strings.Repeat("░", room-full), 100*share, left.Round(time.Second))
		c.bar = true
	}
}

func (c *converting) note(text string) {
	if c.json {
		c.e.emit(event{Event: "note", Text: text})
		return
	}
	c.clear()
	fmt.Fprintln(c.e.Err, text)
}

func (c *converting) clear() {
	if c.bar {
		fmt.Fprint(c.e.Err, "\r\x1b[K")
		c.bar = false
	}
}
