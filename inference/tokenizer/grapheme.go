package tokenizer

import (
	"strings"
	"unicode/utf8"

	"github.com/go-text/typesetting/segmenter"
)

// byGrapheme normalises as Hugging Face does: what a user would call one
// character is replaced whole when its beginning is found and it is shorter than
// six bytes; if not, each of its code points is tried.
func (c *charsmap) byGrapheme(s string) string {
	var out strings.Builder
	out.Grow(len(s) + len(s)/8)
	var seg segmenter.Segmenter
	for i := 0; i < len(s); {
		j := i + 1
		for j < len(s) && !breaks(s[j-1], s[j]) {
			j++
		}
		if j == i+1 {
			c.grapheme(&out, s[i:j])
			i = j
			continue
		}
		seg.InitWithString(s[i:j])
		for g := seg.GraphemeIterator(); g.Next(); {
			c.grapheme(&out, string(g.Grapheme().Text))
		}
		i = j
	}
	return out.String()
}

// breaks reports where a character ends for certain, without looking further:
// between two ASCII bytes.
func breaks(a, b byte) bool {
	return a < utf8.RuneSelf && b < utf8.RuneSelf && (a != '\r' || b != '\n')
}

func (c *charsmap) grapheme(out *strings.Builder, g string) {
	if len(g) < 6 {
		if to, n := c.match(g, false); n > 0 {
			out.WriteString(to)
			return
		}
	}
	for g != "" {
		_, n := utf8.DecodeRuneInString(g)
		if to, l := c.match(g[:n], false); l > 0 {
			out.WriteString(to)
		} else {
			out.WriteString(g[:n])
		}
		g = g[n:]
	}
}
