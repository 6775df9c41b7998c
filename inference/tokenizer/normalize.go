package tokenizer

import (
	"strings"
	"unicode/utf8"
)

const (
	underscore  = "▁" // what SentencePiece writes for a blank
	replacement = "\ufffd"
)

// A normalizer prepares text as SentencePiece does.
type normalizer struct {
	o     Options
	chars *charsmap // nil: none
	whole *trie     // user-defined pieces, which are left as they are
}

func (n *normalizer) parts(text string) []part {
	if text = n.normalize(text); text == "" {
		return nil
	}
	return []part{{text: text}}
}

// next returns what the first character, or characters, of s become and how
// many bytes that were. s is not empty.
func (n *normalizer) next(s string) (to string, length int) {
	if _, l := n.whole.longest(s); l > 0 {
		return s[:l], l
	}
	if n.chars != nil {
		if to, l := n.chars.match(s, true); l > 0 {
			return to, l
		}
	}
	r, l := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && l == 1 {
		return replacement, 1
	}
	return s[:l], l
}

func (n *normalizer) normalize(s string) string {
	for n.o.TrimSpaces && s != "" {
		to, l := n.next(s)
		if to != " " {
			break
		}
		s = s[l:]
	}
	if s == "" {
		return ""
	}
	blank := " "
	if n.o.EscapeSpaces {
		blank = underscore
	}
	var out strings.Builder
	out.Grow(len(s) + len(s)/4 + len(blank))
	if n.o.Prefix && !n.o.SuffixSpace {
		out.WriteString(blank)
	}
	afterBlank := n.o.TrimSpaces
	for s != "" {
		to, l := n.next(s)
		s = s[l:]
		if afterBlank {
			to = strings.TrimLeft(to, " ")
		}
		if to == "" {
			continue
		}
		afterBlank = n.o.TrimSpaces && to[len(to)-1] == ' '
		if n.o.EscapeSpaces && strings.IndexByte(to, ' ') >= 0 {
			to = strings.ReplaceAll(to, " ", underscore)
		}
		out.WriteString(to)
	}
	text := out.String()
	for n.o.TrimSpaces && strings.HasSuffix(text, blank) {
		text = strings.TrimSuffix(text, blank)
	}
	if n.o.Prefix && n.o.SuffixSpace {
		text += blank
	}
	return text
}
