package tokenizer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Unknown returns the words of text that the vocabulary cannot spell, each once,
// in the order they stand and as the normaliser leaves them. In scripts written
// without blanks it returns the unknown characters rather than whole sentences.
// A vocabulary that falls back to bytes can spell everything.
func (t *Tokenizer) Unknown(text string) []string {
	var words []string
	add := func(w string) {
		if w != "" && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	for _, p := range t.front.parts(text) {
		if p.whole {
			continue
		}
		var holes [][2]int // stretches of p.text that are unknown
		t.model.encode(p.text, func(tok token) {
			if tok.id == t.model.unk && !tok.byte {
				holes = append(holes, [2]int{tok.from, tok.to})
			}
		})
		for from := 0; from < len(p.text) && len(holes) > 0; {
			to, dense := run(p.text, from)
			var here [][2]int
			for len(holes) > 0 && holes[0][0] < to {
				h := holes[0]
				here = append(here, [2]int{max(from, h[0]), min(to, h[1])})
				if h[1] > to {
					holes[0][0] = to
					break
				}
				holes = holes[1:]
			}
			switch {
			case len(here) == 0:
			case dense:
				for _, h := range here {
					add(p.text[h[0]:h[1]])
				}
			default:
				w := strings.TrimFunc(p.text[from:to], unicode.IsPunct)
				if w == "" {
					w = p.text[from:to]
				}
				add(w)
			}
			from = to
		}
	}
	return words
}

// run returns where the stretch that begins at from ends: white space, a word,
// or characters of a script that does not part its words.
func run(text string, from int) (to int, dense bool) {
	first := sortOf(text[from:])
	for to = from; to < len(text); {
		if sortOf(text[to:]) != first {
			break
		}
		_, n := utf8.DecodeRuneInString(text[to:])
		to += n
	}
	return to, first == denseScript
}

type script int

const (
	blank script = iota
	spacedScript
	denseScript
)

func sortOf(s string) script {
	r, _ := utf8.DecodeRuneInString(s)
	switch {
	case unicode.IsSpace(r) || r == '▁':
		return blank
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
		return denseScript
	}
	return spacedScript
}
