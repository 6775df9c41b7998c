// Package config reads inference_config.yaml: how the owner of a machine wants
// clips to be made when nobody says otherwise. Everything wrong in a file is
// reported at once, with its line. It does not know models or devices.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"kinora/inference"
)

// FileName is what the file is called where Kinora looks for it by itself.
const FileName = "inference_config.yaml"

// maxFile bounds what is read; a real file has a dozen lines.
const maxFile = 1 << 20

// A Config is a file's content. Nil means that the file does not say.
type Config struct {
	ModelName          *string
	Precision          *string
	UseCheckpointing   *bool
	NumInferenceSteps  *int
	Height             *int
	Width              *int
	NumFrames          *int
	MaxBatchSize       *int
	EnableCUDAGraph    *bool
	CompileModel       *bool
	DeviceIDs          *[]int
	CachePromptResults *bool

	// Notes name the keys that are given and change nothing here, and say why.
	Notes []Remark
}

// A Remark is about one line of a file.
type Remark struct {
	Line int
	Text string
}

// An Error lists everything that is wrong with a file, by line.
type Error struct {
	Path    string
	Remarks []Remark
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s cannot be used:", e.Path)
	for _, r := range e.Remarks {
		if r.Line > 0 {
			fmt.Fprintf(&b, "\n  line %d: %s", r.Line, r.Text)
		} else {
			fmt.Fprintf(&b, "\n  %s", r.Text)
		}
	}
	return b.String()
}

// Unwrap tells that the fault is in what was asked for.
func (e *Error) Unwrap() error { return inference.ErrInvalid }

// Read reads the file at path.
func Read(path string) (Config, error) {
	f, err := os.Open(path)
	if err != nil {
		if pe := (*os.PathError)(nil); errors.As(err, &pe) {
			err = pe.Err
		}
		return Config{}, &Error{path, []Remark{{Text: err.Error()}}}
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Config{}, &Error{path, []Remark{{Text: err.Error()}}}
	}
	return Parse(path, b)
}

// Parse reads the content of the file called path.
func Parse(path string, b []byte) (Config, error) {
	c, wrong := parse(b)
	if len(wrong) > 0 {
		slices.SortStableFunc(wrong, func(a, b Remark) int { return a.Line - b.Line })
		return Config{}, &Error{path, wrong}
	}
	return c, nil
}

func parse(b []byte) (c Config, wrong []Remark) {
	say := func(line int, format string, args ...any) {
		wrong = append(wrong, Remark{line, fmt.Sprintf(format, args...)})
	}
	if len(b) > maxFile {
		say(0, "it is larger than %d kB, so it is no configuration", maxFile>>10)
		return
	}
	var doc, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(b))
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return // an empty file says nothing
	case err != nil:
		say(0, "%s", strings.TrimPrefix(err.Error(), "yaml: "))
		return
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		say(more.Line, "a second document begins; one is allowed")
		return
	}
	if len(doc.Content) == 0 {
		return
	}
	root := doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return
	}
	if root.Kind != yaml.MappingNode {
		say(root.Line, "want lines of the form key: value")
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		name, value := root.Content[i], root.Content[i+1]
		if first, again := seen[name.Value]; again {
			say(name.Line, "%s is given again; it stands in line %d already", name.Value, first)
			continue
		}
		seen[name.Value] = name.Line
		k := slices.IndexFunc(keys, func(k key) bool { return k.name == name.Value })
		if k < 0 {
			say(name.Line, "unknown key %q%s", clip(name.Value), guess(name.Value))
			continue
		}
		if fault := keys[k].set(&c, value); fault != "" {
			say(value.Line, "%s: %s", name.Value, fault)
		} else if note := keys[k].note; note != "" {
			c.Notes = append(c.Notes, Remark{name.Line, name.Value + ": " + note})
		}
	}
	return
}

// Over puts what the file says over a request.
func (c Config) Over(r inference.Request) inference.Request {
	put(&r.Model, c.ModelName)
	put(&r.Steps, c.NumInferenceSteps)
	put(&r.Height, c.Height)
	put(&r.Width, c.Width)
	put(&r.Frames, c.NumFrames)
	return r
}

func put[T any](to *T, v *T) {
	if v != nil {
		*to = *v
	}
}
