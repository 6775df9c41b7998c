package history

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxWords bounds how much of a prompt is searched for and searched in.
const maxWords = 4096

// words cuts text into what the full-text index treats as one word each: words
// of alphabets as they are, characters of scripts without spaces and pictures one
// by one. A search for 宇航 is then one for the phrase 宇 航.
func words(text string) []string {
	var out []string
	var w strings.Builder
	flush := func() {
		if w.Len() > 0 {
			out = append(out, w.String())
			w.Reset()
		}
	}
	for _, r := range strings.ToLower(norm.NFKC.String(text)) {
		if len(out) >= maxWords {
			break
		}
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			flush()
			out = append(out, string(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) && w.Len() > 0:
			w.WriteRune(r)
		case unicode.Is(unicode.So, r): // emoji: no tokenizer takes them for words
			flush()
			out = append(out, fmt.Sprintf("u%x", r))
		default:
			flush()
		}
	}
	flush()
	return out
}

// query turns what a person typed into an FTS4 expression: every term must
// occur, terms of an alphabet as the beginning of a word. Empty: nothing to find.
func query(search string) string {
	var terms []string
	for _, field := range strings.Fields(search) {
		ws := words(field)
		if len(ws) == 0 {
			continue
		}
		if last := ws[len(ws)-1]; len(last) > 1 && last[0] < 0x80 || len(last) > 4 {
			ws[len(ws)-1] += "*"
		}
		terms = append(terms, `"`+strings.Join(ws, " ")+`"`)
	}
	return strings.Join(terms[:min(len(terms), 32)], " ")
}
