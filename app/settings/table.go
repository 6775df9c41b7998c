package settings

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kinora/inference"
)

// A Kind says how a setting is shown.
type Kind string

// The kinds.
const (
	Folder Kind = "folder"
	File   Kind = "file"
	Choice Kind = "choice"
	Number Kind = "number"
	Flag   Kind = "flag"
	Text   Kind = "text"
	List   Kind = "list" // of folders
)

// An Item is one row of the table.
type Item struct {
	Key, Label, Help string
	Kind             Kind
	Choices          []string // of a Choice
	Min, Max         int      // of a Number
	// Restart tells that a change shows at the next start only.
	Restart bool

	field func(*Values) any // a pointer to the value
}

// table is every setting, in the order forms show them.
var table = []Item{
	{Key: "clip_folder", Label: "Clips", Help: "Folder where finished clips are kept", Kind: Folder, field: func(v *Values) any { return &v.ClipFolder }, Restart: true},
	{Key: "model_folder", Label: "Models", Help: "Folder where checkpoints are looked for", Kind: Folder, field: func(v *Values) any { return &v.ModelFolder }},
	{Key: "more_folders", Label: "More models", Help: "Further folders where checkpoints are looked for", Kind: List, field: func(v *Values) any { return &v.MoreFolders }},
	{Key: "find_models", Label: "Find models", Help: "Look into ComfyUI's folders and the Hugging Face cache too", Kind: Flag, field: func(v *Values) any { return &v.FindModels }},
	{Key: "mirror", Label: "Mirror", Help: "Address that models are fetched from, such as https://mirror.example; empty: from their publishers", Kind: Text, field: func(v *Values) any { return &v.Mirror }},
	{Key: "offline", Label: "Offline", Help: "Nothing is fetched from the network", Kind: Flag, field: func(v *Values) any { return &v.Offline }},
	{Key: "config_file", Label: "Configuration", Help: "inference_config.yaml with defaults for every clip; changes show at once", Kind: File, field: func(v *Values) any { return &v.ConfigFile }},
	{Key: "device", Label: "Device", Help: "What clips are made on", Kind: Choice, Choices: []string{"auto", "cpu", "cuda", "cuda-mma"}, field: func(v *Values) any { return &v.Device }},
	{Key: "threads", Label: "CPU threads", Help: "0 uses all cores; the clip is the same with any number", Kind: Number, Max: 1024, field: func(v *Values) any { return &v.Threads }},
	{Key: "precision", Label: "Arithmetic", Help: "fp32 is the most exact; bf16 is faster on GPUs, and on CPUs with instructions for it", Kind: Choice, Choices: []string{"auto", "fp32", "bf16"}, field: func(v *Values) any { return &v.Precision }},
	{Key: "memory", Label: "Memory", Help: "GB that a clip may take; 0 takes what is free", Kind: Number, Max: 256, field: func(v *Values) any { return &v.Memory }},
	{Key: "theme", Label: "Theme", Help: "Light, dark, or as the system says", Kind: Choice, Choices: []string{"system", "light", "dark"}, field: func(v *Values) any { return &v.Theme }},
	{Key: "language", Label: "Language", Help: "Of the window", Kind: Choice, Choices: []string{"system", "en", "zh"}, field: func(v *Values) any { return &v.Language }},
	{Key: "loop", Label: "Loop", Help: "Play clips over and over", Kind: Flag, field: func(v *Values) any { return &v.Loop }},
}

// maxList bounds how many folders a List may have.
const maxList = 50

// Table lists every setting, in the order forms show them.
func Table() []Item { return slices.Clone(table) }

// Field points to the value of a row in v: *string, *int, *bool or *[]string by its kind.
func (i Item) Field(v *Values) any { return i.field(v) }

// Defaults are the settings of a first start.
func Defaults(p Places) Values {
	return Values{
		ClipFolder: p.Clips, ModelFolder: p.Models, ConfigFile: filepath.Join(p.Config, "inference_config.yaml"),
		Device: "auto", Precision: "auto", Theme: "system", Language: "system", Loop: true, FindModels: true,
	}
}

// address reports whether s is one that repositories can lie below.
func address(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.RawQuery == "" && u.Fragment == ""
}

// EndpointVariable is the environment variable that stands over the setting mirror.
const EndpointVariable = "KINORA_HF_ENDPOINT"

// Endpoint is where models are fetched from: the environment's word, or the
// setting's, or empty.
func (v Values) Endpoint() (string, error) {
	s := os.Getenv(EndpointVariable)
	if s == "" {
		return v.Mirror, nil
	}
	if !address(s) {
		return "", fmt.Errorf("%w: %s: want an address that begins with https:// or http://, not %q", inference.ErrInvalid, EndpointVariable, s)
	}
	return s, nil
}

// Check says what is wrong with v, in one sentence.
func Check(v Values) error {
	for _, i := range table {
		bad := func(want string) error {
			return fmt.Errorf("%w: setting %q (%s): want %s", inference.ErrInvalid, i.Label, i.Key, want)
		}
		switch x := i.field(&v).(type) {
		case *string:
			switch {
			case i.Kind == Choice && !slices.Contains(i.Choices, *x):
				return bad(fmt.Sprintf("one of %s, not %q", strings.Join(i.Choices, ", "), *x))
			case i.Kind == Text && *x != "" && !address(*x):
				return bad(fmt.Sprintf("an address that begins with https:// or http://, not %q", *x))
			case (i.Kind == Folder || i.Kind == File) && (!filepath.IsAbs(*x) || strings.ContainsRune(*x, 0)):
				return bad(fmt.Sprintf("a full path, not %q", *x))
			}
		case *[]string:
			if len(*x) > maxList {
				return bad(fmt.Sprintf("at most %d folders", maxList))
			}
			for _, p := range *x {
				if !filepath.IsAbs(p) || strings.ContainsRune(p, 0) {
					return bad(fmt.Sprintf("full paths, not %q", p))
				}
			}
		case *int:
			if *x < i.Min || *x > i.Max {
				return bad(fmt.Sprintf("a number from %d to %d, not %d", i.Min, i.Max, *x))
			}
		}
	}
	return nil
}
