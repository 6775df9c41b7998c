// Package export turns frames into files that other programs open, and reads the
// settings back out of them. One format a file; formats.go lists them. It does
// not know the history, nor where files belong.
package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kinora/app/disk"
	"kinora/inference"
)

// A Format is a kind of file a clip can be saved as.
type Format struct {
	Name   string // mp4, gif, png
	Title  string // for people
	Ext    string // with the dot; empty for a folder
	Folder bool   // the path is a folder of one file a frame

	open func(w io.Writer, h Head) (Writer, error) // nil for a folder
}

// A Head says what frames will come.
type Head struct {
	Width, Height, FPS int
	Recipe             Recipe
}

// A Writer takes frames as they come, so that the first can be encoded while the
// rest are still being decoded.
type Writer interface {
	// Frame adds one frame, 3·Width·Height bytes of RGB. The writer may keep it.
	Frame(rgb []byte) error
	// Close completes the stream; Abort lets go of everything without doing so.
	Close() error
	Abort()
}

// For returns the format of that name or, when name is empty, of that path.
func For(name, path string) (Format, error) {
	if name == "" {
		name = strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
		if name == "" || strings.HasSuffix(path, "/") || strings.HasSuffix(path, string(filepath.Separator)) {
			name = "png"
		}
	}
	i := slices.IndexFunc(formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return Format{}, fmt.Errorf("%w: cannot save as %q: write .mp4, .gif, or a folder for PNG frames", inference.ErrInvalid, name)
	}
	return formats[i], nil
}

// Save writes a clip at path: whole, or not at all.
func Save(ctx context.Context, on disk.FS, path string, f Format, c *inference.Clip, r Recipe) error {
	if err := checkClip(c); err != nil {
		return err
	}
	if f.Folder {
		return saveFolder(ctx, on, path, c, r)
	}
	p, err := disk.Create(on, path)
	if err != nil {
		return err
	}
	defer p.Abort()
	if err := Stream(ctx, p, f, c, r); err != nil {
		return err
	}
	return p.Commit()
}

// Probe says why nothing could be saved at path, before the work is done.
func Probe(on disk.FS, path string, f Format) error {
	if !f.Folder {
		if i, err := os.Stat(path); err == nil && i.IsDir() {
			return &disk.Error{Path: path, Err: errors.New("it is a folder; name a file in it")}
		}
		return disk.Probe(on, path)
	}
	path = filepath.Clean(path)
	if err := vacant(path); err != nil {
		return err
	}
	return disk.Probe(on, path+".probe")
}

// Stream writes a clip to w in a format that is one file.
func Stream(ctx context.Context, w io.Writer, f Format, c *inference.Clip, r Recipe) error {
	if f.open == nil {
		return fmt.Errorf("%s is not a single file", f.Title)
	}
	enc, err := f.open(w, Head{c.Width, c.Height, c.FPS, r})
	if err != nil {
		return err
	}
	for _, frame := range c.Frames {
		if err = ctx.Err(); err == nil {
			err = enc.Frame(frame)
		}
		if err != nil {
			enc.Abort()
			return err
		}
	}
	return enc.Close()
}

func checkClip(c *inference.Clip) error {
	if c == nil || len(c.Frames) == 0 {
		return errors.New("the clip has no frames")
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide || c.FPS < 1 || c.FPS > maxFPS {
		return fmt.Errorf("a clip of %d×%d at %d frames a second cannot be saved: at most %d×%d at %d", c.Width, c.Height, c.FPS, maxSide, maxSide, maxFPS)
	}
	for i, f := range c.Frames {
		if len(f) != 3*c.Width*c.Height {
			return fmt.Errorf("frame %d has %d bytes, want %d", i, len(f), 3*c.Width*c.Height)
		}
	}
	return nil
}

// Limits of what is written and read.
const (
	maxSide   = 16384
	maxFPS    = 240
	maxFrames = 100_000
)
