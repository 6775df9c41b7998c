package tokenizer

import (
	"fmt"
	"math"
	"strconv"
)

// A Kind says what a piece is for. The numbers are those of SentencePiece and GGUF.
type Kind int

// The kinds of pieces.
const (
	Normal      Kind = 1
	Unknown     Kind = 2 // stands for what cannot be spelt
	Control     Kind = 3 // never made from text
	UserDefined Kind = 4 // taken whole wherever it stands, and not normalised
	Unused      Kind = 5
	Byte        Kind = 6 // <0xNN>, a byte of an unknown character
)

// A Piece is one entry of a vocabulary; its id is its place in the list.
type Piece struct {
	Text  string
	Score float64
	Kind  Kind
}

// Options say how a list of pieces treats text.
type Options struct {
	Charsmap     []byte // SentencePiece's precompiled normaliser; nil: none
	Prefix       bool   // one blank is put in front of a text
	TrimSpaces   bool   // blanks at the ends go, runs become one
	EscapeSpaces bool   // blanks become ▁
	SuffixSpace  bool   // Prefix's blank is put at the end instead
	ByteFallback bool   // unknown characters are spelt in bytes
	EOS, Pad     int32  // ids, or -1
}

// Defaults are the options of a vocabulary that does not say.
func Defaults() Options {
	return Options{Prefix: true, TrimSpaces: true, EscapeSpaces: true, EOS: -1, Pad: -1}
}

// New makes a tokenizer of a list of pieces, as SentencePiece would.
func New(pieces []Piece, o Options) (*Tokenizer, error) {
	if len(pieces) > math.MaxInt32 {
		return nil, fmt.Errorf("tokenizer: %d pieces are more than ids can number", len(pieces))
	}
	for _, id := range []int32{o.EOS, o.Pad} {
		if id < -1 || int(id) >= len(pieces) {
			return nil, fmt.Errorf("tokenizer: special id %d is outside the vocabulary of %d pieces", id, len(pieces))
		}
	}
	u := &unigram{single: true, unk: -1, text: make([]string, len(pieces)), scores: make([]float64, len(pieces))}
	// SentencePiece looks for the best score from the smallest positive one up,
	// which all scores lie below.
	best := float32(0x1p-126)
	worst := float32(math.MaxFloat32)
	for i, p := range pieces {
		if math.IsNaN(p.Score) || math.Abs(p.Score) > math.MaxFloat32 {
			return nil, fmt.Errorf("tokenizer: piece %d %q has the score %v", i, p.Text, p.Score)
		}
		u.text[i], u.scores[i] = p.Text, float64(float32(p.Score))
		if p.Kind == Normal {
			worst, best = min(worst, float32(p.Score)), max(best, float32(p.Score))
		}
	}
	u.unknown = float64(worst - unknownPenalty)
	var keys, whole []trieKey
	for i, p := range pieces {
		id := int32(i)
		switch p.Kind {
		case Normal, UserDefined:
			keys = append(keys, trieKey{text: p.Text, id: id})
			if p.Kind == UserDefined {
				u.scores[i] = float64(float32(len(p.Text))*best) - 0.1
				whole = append(whole, trieKey{text: p.Text, id: id})
			}
		case Unknown:
			if u.unk >= 0 {
				return nil, fmt.Errorf("tokenizer: both piece %d and piece %d stand for unknown text", u.unk, i)
			}
			u.unk = id
		case Byte:
			b, err := byteOf(p.Text)
			if err != nil {
				return nil, fmt.Errorf("tokenizer: piece %d %q should spell a byte as <0xNN>", i, p.Text)
			}
			if o.ByteFallback {
				u.setByte(b, id)
			}
		case Control, Unused:
		default:
			return nil, fmt.Errorf("tokenizer: piece %d %q has the unknown kind %d", i, p.Text, p.Kind)
		}
	}
	if u.unk < 0 {
		return nil, fmt.Errorf("tokenizer: no piece stands for unknown text")
	}
	if o.ByteFallback {
		if err := u.checkBytes(); err != nil {
			return nil, err
		}
	}
	u.trie = newTrie(keys)
	if a, b, same := twice(keys); same {
		return nil, fmt.Errorf("tokenizer: pieces %d and %d are the same: %q", a, b, pieces[a].Text)
	}
	n := &normalizer{o: o, whole: newTrie(whole)}
	if len(o.Charsmap) > 0 {
		var err error
		if n.chars, err = newCharsmap(o.Charsmap); err != nil {
			return nil, err
		}
	}
	return &Tokenizer{model: u, front: n, eos: o.EOS, pad: o.Pad, size: len(pieces)}, nil
}

// byteOf reads <0xNN>.
func byteOf(text string) (byte, error) {
	if len(text) != 6 || text[:3] != "<0x" || text[5] != '>' {
		return 0, strconv.ErrSyntax
	}
	b, err := strconv.ParseUint(text[3:5], 16, 8)
	return byte(b), err
}

func (u *unigram) setByte(b byte, id int32) {
	if u.bytes == nil {
		u.bytes = new([256]int32)
		for i := range u.bytes {
			u.bytes[i] = -1
		}
	}
	u.bytes[b] = id
}

func (u *unigram) checkBytes() error {
	for b := range 256 {
		if u.bytes == nil || u.bytes[b] < 0 {
			return fmt.Errorf("tokenizer: unknown text should be spelt in bytes, but no piece is <0x%02X>", b)
		}
	}
	return nil
}
