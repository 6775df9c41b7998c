package library

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"

	"kinora/inference"
)

// A manifest is a model's model.json: what people and the window need to know of
// it that its weights do not tell.
type manifest struct {
	Name     string              `json:"name"`
	Title    string              `json:"title"`
	Edition  string              `json:"edition"`
	Defaults inference.Request   `json:"defaults"`
	SizeStep int                 `json:"size_step"`
	MaxSize  int                 `json:"max_size"`
	Note     string              `json:"note"`
	Words    map[string][]string `json:"words"`
	// Instead is by language: words that the model was not taught, and taught ones that
	// come near; none for a word that says nothing.
	Instead map[string]map[string]string `json:"instead"`
	// Subjects are the taught words that name something to draw; Draws says in English what
	// there is, for a prompt that names none.
	Subjects map[string][]string `json:"subjects"`
	Draws    string              `json:"draws"`
	// Weak are the taught words that the model draws as they say in fewer than half of the clips.
	Weak map[string][]string `json:"weak"`
	// Clear are phrases with such words that it draws as they say all the same.
	Clear    map[string][]string  `json:"clear"`
	Examples map[string][]Example `json:"examples"`
}

// An Example is a prompt that shows what a model can do, in English and Chinese.
type Example struct {
	English string `json:"en"`
	Chinese string `json:"zh"`
}

func readManifest(from fs.FS) (m manifest, err error) {
	b, err := readLimited(from, manifestName, 4<<20)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("%s: %w", manifestName, err)
	}
	d := m.Defaults
	switch {
	case m.Name == "":
		return m, fmt.Errorf("%s: no name", manifestName)
	case m.SizeStep < 1 || m.SizeStep > 1024:
		return m, fmt.Errorf("%s: size_step is %d; want 1 to 1024", manifestName, m.SizeStep)
	case d.Width < 1 || d.Height < 1 || d.Frames < 1 || d.FPS < 1 || d.Steps < 1 || d.Sampler == "":
		return m, fmt.Errorf("%s: defaults need width, height, frames, fps, steps and sampler", manifestName)
	}
	if m.Title == "" {
		m.Title = m.Name
	}
	return m, nil
}

// Examples returns a model's example prompts by the first word of their situation:
// class, advertisement, characters, shapes.
func (l *Library) Examples(name string) map[string][]Example {
	it, _ := l.find(name)
	by := map[string][]Example{}
	for situation, list := range it.Examples {
		word, _, _ := strings.Cut(situation, " ")
		by[word] = append(by[word], list...)
	}
	return by
}
