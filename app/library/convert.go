package library

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kinora/app/disk"
	"kinora/inference"
	"kinora/inference/weights"
	"kinora/inference/weights/convert"
)

// A Conversion is a model file that will be written with its weights in another
// type.
type Conversion struct {
	Format convert.Format
	Notes  []string // what does not come along, in sentences
	Bytes  int64    // of the new file, or a little less

	from, out string
	src       weights.Source
	plan      *convert.Plan
}

// Types lists the names of the types that weights are converted to.
func Types() (names []string) {
	for _, t := range convert.Types {
		names = append(names, t.Name)
	}
	return names
}

// Convert opens a checkpoint and plans what Write will do: nothing is written yet.
// Errors wrap ErrNoModel where it cannot be read, ErrInvalid where it cannot become
// what is asked for.
func Convert(from, to, out string) (*Conversion, error) {
	at, format, err := target(to, out)
	if err != nil {
		return nil, err
	}
	src, err := weights.Open(from)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", inference.ErrNoModel, err)
	}
	p, err := convert.New(src, convert.Types[at].Type, format)
	if err != nil {
		src.Close()
		return nil, fmt.Errorf("%w: %s: %w", inference.ErrInvalid, from, err)
	}
	return &Conversion{Format: format, Notes: p.Notes, Bytes: p.Bytes, from: from, out: out, src: src, plan: p}, nil
}

// target finds the type, by its place in convert.Types, and the format that out's
// name stands for.
func target(to, out string) (at int, format convert.Format, err error) {
	switch strings.ToLower(filepath.Ext(out)) {
	case ".gguf":
		format = convert.GGUF
	case ".safetensors":
		format = convert.Safetensors
	default:
		return 0, "", fmt.Errorf("%w: %s: the new file's name must end in .gguf or .safetensors", inference.ErrInvalid, out)
	}
	at = slices.Index(Types(), strings.ToLower(to))
	if at < 0 {
		return 0, "", fmt.Errorf("%w: there is no type %q; choose one of %s", inference.ErrInvalid, to, strings.Join(Types(), ", "))
	}
	if t := convert.Types[at]; !slices.Contains(t.In, format) {
		return 0, "", fmt.Errorf("%w: %s is written to %s files only; name the new file so", inference.ErrInvalid, t.Name, t.In[0])
	}
	return at, format, nil
}

// Write writes the file, reads it back, and only then puts it in its place. progress
// gets what is being done and the share of all that is behind.
func (c *Conversion) Write(ctx context.Context, on disk.FS, progress func(what string, share float64)) error {
	p, err := disk.Create(on, c.out)
	if err != nil {
		return err
	}
	defer p.Abort()
	all := float64(max(1, 2*c.Bytes))
	w := bufio.NewWriterSize(p, 1<<20)
	if err := c.plan.Write(ctx, w, func(n int64) { progress("converting", float64(n)/all) }); err != nil {
		return fmt.Errorf("%s: %w", c.from, err)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := c.check(ctx, func(n int64) { progress("checking", float64(c.Bytes+n)/all) }); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &disk.Error{Path: c.out, Err: err}
	}
	return p.Commit()
}

// check opens what was written and holds it to what was to be written.
func (c *Conversion) check(ctx context.Context, progress func(int64)) error {
	s, err := weights.Open(c.out + disk.Part)
	if err != nil {
		return fmt.Errorf("the new file does not open: %w", err)
	}
	defer s.Close()
	return c.plan.Check(ctx, s, progress)
}

// Report says how many tensors of how many changed their type, and which of them
// moved most, as a share of its size.
func (c *Conversion) Report() (changed, of int, worst string, share float64) { return c.plan.Report() }

// Onto reports whether the new file is the old one.
func (c *Conversion) Onto() bool {
	x, err := os.Stat(c.from)
	if err != nil {
		return false
	}
	y, err := os.Stat(c.out)
	return err == nil && os.SameFile(x, y)
}

// Close gives the checkpoint back.
func (c *Conversion) Close() error { return c.src.Close() }
