package clean

import (
	"bytes"
	"slices"
	"strings"
	"sync"
)

// fixEncoding undoes wrong decodings until the text looks right or nothing
// helps any more.
func fixEncoding(s string) string {
	for {
		fixed := fixOnce(s)
		if fixed == s {
			return s
		}
		s = fixed
	}
}

// fixOnce undoes one decoding of UTF-8 as something else, if that is what makes
// the text look bad.
func fixOnce(s string) string {
	if !looksBad(s) {
		return s
	}
	for _, e := range encodings() {
		if b, ok := e.bytes(s); ok {
			if fixed, ok := decode(b, e); ok {
				return fixed
			}
		}
	}
	if fixed := fixParts(s); fixed != s {
		return fixed
	}
	return fixC1(s)
}

// decode reads bytes as UTF-8 after restoring what the encoding they come from
// is known to spoil.
func decode(b []byte, e *encoding) (string, bool) {
	if !e.dashes && findSpoilt(b) {
		b = restoreBlanks(b)
	}
	if e.sloppy {
		b = markLost(b)
	}
	return decodeVariants(b)
}

// A clue is a set of characters that a byte of UTF-8 may have become.
type clue map[rune]bool

// clues are the sets for lead bytes of two, three and four, for continuation
// bytes, and for those continuation bytes that are not ordinary punctuation.
var clues = sync.OnceValue(func() (c struct {
	lead           [3]clue
	follow, strict clue
}) {
	add := func(to *clue, from, through byte) {
		if *to == nil {
			*to = clue{}
		}
		for _, e := range encodings()[:windows] {
			for b := int(from); b <= int(through); b++ {
				(*to)[e.decode[b]] = true
			}
		}
	}
	add(&c.lead[0], 0xc2, 0xdf)
	add(&c.lead[1], 0xe0, 0xef)
	add(&c.lead[2], 0xf0, 0xf0)
	add(&c.lead[2], 0xf3, 0xf3)
	add(&c.strict, 0x80, 0xbf)
	for _, r := range "–—―‘’‚“”„…•" {
		delete(c.strict, r)
	}
	add(&c.follow, 0x80, 0xbf)
	c.follow[' '] = true // for a no-break space
	return c
})

// fixParts repairs stretches that look like UTF-8 inside a text that as a whole
// is not in any one encoding.
func fixParts(s string) string {
	text := []rune(s)
	var out strings.Builder
	done := 0
	for i := 0; i < len(text); {
		end := stretch(text, i)
		if end == i {
			i++
			continue
		}
		if part := string(text[i:end]); end-i < len(text) && looksBad(part) {
			out.WriteString(string(text[done:i]))
			out.WriteString(fixEncoding(part))
			done = end
		}
		i = end
	}
	if done == 0 {
		return s
	}
	out.WriteString(string(text[done:]))
	return out.String()
}

// stretch returns where the characters that may be UTF-8 sequences end which
// begin at i. It does not begin within a garble.
func stretch(text []rune, i int) int {
	c := clues()
	if i > 0 && c.strict[text[i-1]] {
		return i
	}
	for {
		next := i
		for n, lead := range c.lead {
			end := i + n + 2
			if end <= len(text) && lead[text[i]] &&
				!slices.ContainsFunc(text[i+1:end], func(r rune) bool { return !c.follow[r] }) {
				next = end
				break
			}
		}
		if next == i {
			return i
		}
		i = next
	}
}

// spoilt returns the length of a UTF-8 sequence at the start of b whose byte A0
// became a blank, or 0. Sequences of rare characters are not considered.
func spoilt(b []byte) int {
	at := func(i int, from, through byte, except ...byte) bool {
		return i < len(b) && b[i] >= from && b[i] <= through && !bytes.Contains(except, b[i:i+1])
	}
	blank := func(i int) bool { return at(i, ' ', ' ') }
	any := func(i int) bool { return at(i, 0x80, 0xbf) }
	seldom := []byte{0x85, 0xa0}
	other := func(i int) bool { return at(i, 0x80, 0xbf) && b[i] != seldom[0] && b[i] != seldom[1] }
	switch {
	case len(b) < 2:
		return 0
	case bytes.IndexByte([]byte{0xc2, 0xc3, 0xc5, 0xce, 0xd0, 0xd9}, b[0]) >= 0 && blank(1):
		return 2
	case at(0, 0xe2, 0xe3) && blank(1) && other(2), at(0, 0xe0, 0xe3) && other(1) && blank(2):
		return 3
	case b[0] == 0xf0 && (blank(1) && any(2) && any(3) || any(1) && blank(2) && any(3) || any(1) && any(2) && blank(3)):
		return 4
	}
	return 0
}

func findSpoilt(b []byte) bool {
	for i := range b {
		if spoilt(b[i:]) > 0 {
			return true
		}
	}
	return false
}
