package assets

import (
	"embed"
	"io/fs"
)

// What it was trained with stays out: it is not the model, and Identity would change with it.
//
//go:embed starter/*.safetensors starter/model.json starter/tokenizer.model
var starter embed.FS

// Starter is the built-in model: its weights, tokenizer and model.json.
func Starter() fs.FS {
	sub, err := fs.Sub(starter, "starter")
	if err != nil {
		return starter // only for a name that is no path, and this one is
	}
	return sub
}
