package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"kinora/inference"
)

// A Recipe is what is embedded in every file: all it takes to make the clip again.
type Recipe struct {
	Kinora    string                            `json:"kinora"` // version that made it
	ID        string                            `json:"id"`     // of the job
	Request   inference.Request                 `json:"request"`
	ImagePath string                            `json:"image_path,omitempty"`
	Model     string                            `json:"model,omitempty"` // what weights, beyond Request.Model
	ModelHash string                            `json:"model_hash,omitempty"`
	ModelSize int64                             `json:"model_size,omitempty"`
	Created   time.Time                         `json:"created"`
	Started   time.Time                         `json:"started,omitzero"`
	Ended     time.Time                         `json:"ended,omitzero"`
	Timings   map[inference.Stage]time.Duration `json:"timings_ns,omitempty"`
}

// maxRecipe bounds an embedded recipe; two prompts of 100 kB fit, however escaped.
const maxRecipe = 2 << 20

// ErrNoRecipe says that a file holds no settings of Kinora's.
var ErrNoRecipe = errors.New("it holds no Kinora settings")

func (r Recipe) marshal() ([]byte, error) {
	b, err := json.Marshal(r)
	if err == nil && len(b) > maxRecipe {
		err = fmt.Errorf("%w: the settings take %d kB in the file, at most %d are allowed; shorten the prompt", inference.ErrInvalid, len(b)>>10, maxRecipe>>10)
	}
	return b, err
}

func parseRecipe(b []byte) (Recipe, error) {
	var r Recipe
	if len(b) > maxRecipe {
		return r, fmt.Errorf("the settings in it are too large (%d bytes)", len(b))
	}
	if !utf8.Valid(b) || json.Unmarshal(b, &r) != nil || r.Kinora == "" {
		return Recipe{}, ErrNoRecipe
	}
	return r, nil
}

// Read returns the recipe in an exported file, of any format, or of a folder of
// frames. Errors name the file and are plain sentences.
func Read(path string) (Recipe, error) {
	r, err := read(path)
	if err != nil {
		var pe *os.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return Recipe{}, fmt.Errorf("cannot take settings from %s: %w", path, err)
	}
	return r, nil
}

func read(path string) (Recipe, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Recipe{}, err
	}
	if info.IsDir() {
		first, _ := filepath.Glob(filepath.Join(escape(path), "*.png"))
		if len(first) == 0 {
			return Recipe{}, ErrNoRecipe
		}
		path = first[0]
	}
	f, err := os.Open(path)
	if err != nil {
		return Recipe{}, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return Recipe{}, err
	}
	if !info.Mode().IsRegular() {
		return Recipe{}, errors.New("it is not a file")
	}
	return readAny(f, info.Size())
}

// readAny tells formats apart by their first bytes, not by their names.
func readAny(f io.ReaderAt, size int64) (Recipe, error) {
	head := make([]byte, 12)
	n, _ := f.ReadAt(head, 0)
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("GIF8")):
		return readGIF(f, size)
	case bytes.HasPrefix(head, []byte(pngMagic)):
		return readPNG(f, size)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return readMaster(f, size)
	case len(head) == 12 && string(head[4:8]) == "ftyp":
		return readMP4(f, size)
	}
	return Recipe{}, errors.New("it is no MP4, GIF or PNG file")
}

func escape(path string) string {
	return strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`).Replace(path)
}
