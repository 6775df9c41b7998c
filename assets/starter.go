package assets

import (
	"embed"
	"io/fs"
)

//go:embed starter
var starter embed.FS

// Starter is the built-in model: its weights, tokenizer and model.json.
func Starter() fs.FS {
	sub, err := fs.Sub(starter, "starter")
	if err != nil {
		return starter // only for a name that is no path, and this one is
	}
	return sub
}
