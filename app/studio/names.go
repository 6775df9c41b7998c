package studio

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"image"

	"golang.org/x/image/draw"

	"kinora/app/export"
	"kinora/app/history"
	"kinora/app/job"
	"kinora/inference"
)

// frames is the folder of the footage, inside that of the clips.
const frames = "frames"

// ours matches the names that Kinora gives to the files of a clip.
var ours = regexp.MustCompile(`^(\d{8}-\d{6}\.\d{3}-[0-9a-f]{6})(-.*\.mp4|\.mp4|\.zip)$`)

// idOf takes the ID out of a file's name.
func idOf(name string) (job.ID, bool) {
	m := ours.FindStringSubmatch(name)
	if m == nil {
		return "", false
	}
	return job.ID(m[1]), true
}

// outputName is what the MP4 of a clip is called: by time, and by what it shows.
func outputName(id job.ID, prompt string) string {
	if name := export.Name(prompt); name != "" {
		return string(id) + "-" + name + ".mp4"
	}
	return string(id) + ".mp4"
}

const thumbSide = 320

// thumbnail is a small PNG of the middle of a clip.
func thumbnail(c *inference.Clip) []byte {
	full := export.Image(c.Frames[len(c.Frames)/2], c.Width, c.Height)
	side := max(c.Width, c.Height)
	scale := min(1, float64(thumbSide)/float64(side))
	small := image.NewRGBA(image.Rect(0, 0, max(1, int(float64(c.Width)*scale)), max(1, int(float64(c.Height)*scale))))
	draw.CatmullRom.Scale(small, small.Bounds(), full, full.Bounds(), draw.Src, nil)
	var b bytes.Buffer
	if png.Encode(&b, small) != nil {
		return nil
	}
	return b.Bytes()
}

// identify says which weights a model has: by its size and a hash of the ends of
// its files, since hashing ten gigabytes would take longer than many a clip.
func identify(e inference.Engine, model string) history.ModelID {
	id := history.ModelID{Name: model}
	all := e.Models()
	i := slices.IndexFunc(all, func(m inference.Model) bool { return m.Name == model })
	if i < 0 {
		return id
	}
	if all[i].Path == "" {
		if e, ok := e.(interface{ Identity() (string, int64) }); ok {
			id.Hash, id.Bytes = e.Identity()
		}
		return id
	}
	h := sha256.New()
	filepath.WalkDir(all[i].Path, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		f, err := os.Open(p)
		if err != nil {
			return nil
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil || !info.Mode().IsRegular() {
			return nil
		}
		id.Bytes += info.Size()
		name, _ := filepath.Rel(all[i].Path, p)
		fmt.Fprintf(h, "%s %d\n", filepath.ToSlash(name), info.Size())
		const end = 64 << 10
		io.Copy(h, io.NewSectionReader(f, 0, end))
		io.Copy(h, io.NewSectionReader(f, max(0, info.Size()-end), end))
		return nil
	})
	id.Hash = hex.EncodeToString(h.Sum(nil))
	return id
}
