package library

import (
	"fmt"
	"os"
	"path/filepath"

	"kinora/inference"
	"kinora/inference/tokenizer"
	"kinora/inference/weights"
)

// maxTokenizer is far above any vocabulary that is published.
const maxTokenizer = 128 << 20

// spiece is the tensor in which some files carry a SentencePiece model.
const spiece = "spiece_model"

// findTokenizer looks where each dialect keeps it: inside the text encoder's file,
// beside it, or in the folders around it.
func findTokenizer(text part) (string, error) {
	file, err := weights.Open(text.path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	if _, err := embedded(file); err == nil {
		return "", nil
	}
	dir := filepath.Dir(text.path)
	for range 3 {
		for _, sub := range []string{".", "tokenizer", "google/umt5-xxl", "umt5-xxl", "text_encoders"} {
			for _, name := range []string{"spiece.model", "tokenizer.model", "tokenizer.json"} {
				path := filepath.Join(dir, filepath.FromSlash(sub), name)
				if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
					return path, nil
				}
			}
		}
		dir = filepath.Dir(dir)
	}
	return "", fmt.Errorf("%w: the text encoder %s has no tokenizer; put spiece.model or tokenizer.json of google/umt5-xxl beside it",
		inference.ErrNoModel, text.path)
}

// embedded reads the tokenizer that a checkpoint carries.
func embedded(file weights.Source) (*tokenizer.Tokenizer, error) {
	if _, s, ok := file.Info(spiece); ok && s.Len() <= maxTokenizer {
		b, err := file.Bytes(spiece)
		if err != nil {
			return nil, err
		}
		return tokenizer.Open(append([]byte(nil), b...))
	}
	return fromKeys(file)
}

// fromKeys builds the tokenizer that a GGUF file carries in its key-values.
func fromKeys(file weights.Source) (*tokenizer.Tokenizer, error) {
	o := tokenizer.Defaults()
	texts, ok := key(file, "tokens").([]string)
	if !ok {
		return nil, fmt.Errorf("no tokenizer inside")
	}
	scores, _ := key(file, "scores").([]float64)
	kinds, _ := key(file, "token_type").([]int64)
	if len(scores) != len(texts) || len(kinds) != len(texts) {
		return nil, fmt.Errorf("the tokenizer inside has %d pieces, %d scores and %d kinds", len(texts), len(scores), len(kinds))
	}
	pieces := make([]tokenizer.Piece, len(texts))
	for i := range pieces {
		pieces[i] = tokenizer.Piece{Text: texts[i], Score: scores[i], Kind: tokenizer.Kind(kinds[i])}
		o.ByteFallback = o.ByteFallback || pieces[i].Kind == tokenizer.Byte
	}
	number(file, "eos_token_id", &o.EOS)
	number(file, "padding_token_id", &o.Pad)
	flag(file, "add_space_prefix", &o.Prefix)
	flag(file, "remove_extra_whitespaces", &o.TrimSpaces)
	if bytes, ok := key(file, "precompiled_charsmap").([]int64); ok {
		for _, b := range bytes {
			o.Charsmap = append(o.Charsmap, byte(b))
		}
	}
	return tokenizer.New(pieces, o)
}

func key(file weights.Source, name string) any {
	v, err := weights.Value(file, "tokenizer.ggml."+name)
	if err != nil {
		return nil
	}
	return v
}

func number(file weights.Source, name string, to *int32) {
	if v, ok := key(file, name).(int64); ok && v >= -1 && v < 1<<31 {
		*to = int32(v)
	}
}

func flag(file weights.Source, name string, to *bool) {
	if v, ok := key(file, name).(bool); ok {
		*to = v
	}
}
