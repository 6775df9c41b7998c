package cli

import (
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
	"kinora/app/library"
)

// convertModel writes a model file in another type.
func convertModel(ctx context.Context, e Env, c *command, args []string) (err error) {
	var to, out string
	var force, asJSON bool
	_, words, err := parse(e, c, func(f *flag.FlagSet) {
		f.StringVar(&to, "type", "q8_0", "what weights become: "+strings.Join(library.Types(), ", "))
		f.StringVar(&out, "out", "", "the new file, ending in .gguf or .safetensors")
		f.BoolVar(&force, "force", false, "write over a file that is there")
		f.BoolVar(&asJSON, "json", false, "print one JSON object for each event")
	}, args)
	if err != nil {
		return err
	}
	show := &converting{e: e, json: asJSON, since: time.Now()}
	defer func() {
		show.clear()
		if err != nil && asJSON {
			e.emit(event{Event: ended(err), Error: sentence(err), Code: Code(err)})
			err = &reported{err}
		}
	}()
	if len(words) != 1 || out == "" {
		return usage("name the model file or folder, and the new file: kinora convert MODEL --type q8_0 --out new.gguf")
	}
	con, err := library.Convert(words[0], to, out)
	if err != nil {
		return err
	}
	defer con.Close()
	if con.Onto() {
		return usage("a model cannot be written over itself; choose another name")
	}
	if _, err := os.Stat(out); err == nil && !force {
		return usage("%s is there already; choose another name, or --force to write over it", out)
	}
	if free, known := disk.Free(filepath.Dir(absolute(out))); known && free < con.Bytes+con.Bytes/100+1<<20 {
		return &disk.Error{Path: out, Err: fmt.Errorf("it will have %s, and %s are free there; free some space or choose another folder", amount(con.Bytes), amount(free))}
	}
	for _, n := range con.Notes {
		show.note(n)
	}
	if err := con.Write(ctx, disk.OS{}, show.at); err != nil {
		return err
	}
	show.clear()
	changed, of, worst, share := con.Report()
	text := fmt.Sprintf("%s: %s in %s, %d of %d tensors in %s", out, amount(con.Bytes), con.Format, changed, of, strings.ToLower(to))
	if share > 0 {
		text += fmt.Sprintf("; the most that one moved is %.2g %% of its size (%s)", 100*share, worst)
	}
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

// A converting shows how far a conversion is.
type converting struct {
	e     Env
	json  bool
	since time.Time
	last  time.Time
	bar   bool
}

func (c *converting) at(what string, share float64) {
	now := time.Now()
	if now.Sub(c.last) < 100*time.Millisecond {
		return
	}
	c.last, share = now, min(1, share)
	left := time.Duration(float64(now.Sub(c.since)) * (1 - share) / max(share, 1e-9))
	switch width := c.e.Columns(); {
	case c.json:
		share = math.Round(share*1e4) / 1e4
		c.e.emit(event{Event: "progress", Text: what, Done: &share, ETA: seconds(left)})
	case width > 0:
		room := max(10, width-40)
		full := int(share * float64(room))
		fmt.Fprintf(c.e.Err, "\r%-10s %s%s %3.0f %%  %s left\x1b[K", what, strings.Repeat("█", full), strings.Repeat("░", room-full), 100*share, short(left))
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
