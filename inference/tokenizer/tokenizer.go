// Package tokenizer turns a text into the ids a text encoder was trained on:
// SentencePiece Unigram vocabularies, read from a .model file, a Hugging Face
// tokenizer.json or a list of pieces. It does not know what a prompt is nor how
// it is cleaned (package clean does), nor what the ids are for.
package tokenizer

import (
	"bytes"
	"fmt"
)

// A Tokenizer turns text into ids. It never changes after it was made, so any
// number of goroutines may use it.
type Tokenizer struct {
	model *unigram
	front front
	eos   int32
	pad   int32
	size  int
}

// A part is a stretch of prepared text, or an added token, whose id stands already.
type part struct {
	text  string
	id    int32
	whole bool
}

// A front prepares text for the model: normalises it and cuts it into parts.
type front interface {
	parts(text string) []part
}

// Open reads a vocabulary: a SentencePiece .model or a Hugging Face tokenizer.json.
func Open(data []byte) (*Tokenizer, error) {
	head := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
	switch {
	case len(head) == 0:
		return nil, fmt.Errorf("tokenizer: the file is empty")
	case head[0] == '{':
		return openJSON(head)
	case bytes.HasPrefix(data, []byte("GGUF")):
		return nil, fmt.Errorf("tokenizer: this is a GGUF file, not a SentencePiece .model or a tokenizer.json")
	}
	return openModel(data)
}

// Size returns how many ids there are: every id is smaller.
func (t *Tokenizer) Size() int { return t.size }

// UnkID returns the id that stands for what the vocabulary cannot spell, or -1.
func (t *Tokenizer) UnkID() int32 { return t.model.unk }

// EOSID returns the id that ends a prompt, or -1 where there is none.
func (t *Tokenizer) EOSID() int32 { return t.eos }

// PadID returns the id that fills up a prompt, or -1 where there is none.
func (t *Tokenizer) PadID() int32 { return t.pad }

// Encode returns the ids of text, without the one that ends it.
func (t *Tokenizer) Encode(text string) []int32 {
	ids := []int32{}
	t.walk(text, func(tok token, _ string) { ids = append(ids, tok.id) })
	return ids
}

// Pieces returns the spelling of each id of Encode. An unknown stretch is spelt
// as it stood in the normalised text.
func (t *Tokenizer) Pieces(text string) []string {
	pieces := []string{}
	t.walk(text, func(tok token, part string) {
		if tok.byte {
			pieces = append(pieces, t.model.text[tok.id])
		} else {
			pieces = append(pieces, part[tok.from:tok.to])
		}
	})
	return pieces
}

// EncodePrompt returns the ids of text and the one that ends it, cut to maxLen
// ids (0: not cut) in such a way that the last one stays the one that ends it.
func (t *Tokenizer) EncodePrompt(text string, maxLen int) []int32 {
	ids := t.Encode(text)
	if t.eos < 0 {
		if maxLen > 0 && len(ids) > maxLen {
			ids = ids[:maxLen]
		}
		return ids
	}
	if maxLen > 0 && len(ids) > maxLen-1 {
		ids = ids[:maxLen-1]
	}
	return append(ids, t.eos)
}

func (t *Tokenizer) walk(text string, visit func(tok token, part string)) {
	for _, p := range t.front.parts(text) {
		if p.whole {
			visit(token{id: p.id, to: len(p.text)}, p.text)
			continue
		}
		t.model.encode(p.text, func(tok token) { visit(tok, p.text) })
	}
}
