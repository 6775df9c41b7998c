package assets

import (
	"io/fs"
	"slices"
	"testing"
)

// The built-in model's identity is the hash of these files: programs and papers beside
// them would change it with every word.
func TestStarterIsTheModelAlone(t *testing.T) {
	var got []string
	err := fs.WalkDir(Starter(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			got = append(got, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"dit.safetensors", "model.json", "text_encoder.safetensors", "tokenizer.model", "vae.safetensors"}; !slices.Equal(got, want) {
		t.Errorf("embedded are %v, want %v", got, want)
	}
}
