package clean

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fixC1 reads control characters of the second set as the Windows-1252
// characters that were meant; nobody writes the controls.
func fixC1(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x80 && r <= 0x9f {
			return encodings()[1].decode[r]
		}
		return r
	}, s)
}

// plainLetters spells ligatures of Latin letters out and gives full-width and
// half-width forms their ordinary width.
func plainLetters(s string) string {
	if strings.IndexFunc(s, isForm) < 0 {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		switch {
		case r == 'ﬅ': // not the round s that compatibility would make of it
			out.WriteString("ſt")
		case isForm(r):
			out.WriteString(norm.NFKC.String(string(r)))
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

func isForm(r rune) bool {
	switch {
	case r == 0x132, r == 0x133, r == 0x149, r >= 0x1c4 && r <= 0x1cc, r >= 0x1f1 && r <= 0x1f3, // ĳ ŉ ǆ ǉ ǌ ǳ
		r >= 0xfb00 && r <= 0xfb06, r == 0x3000, r > 0xff00 && r <= 0xffef:
		return true
	}
	return false
}

func straightQuotes(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0x2018 && r <= 0x201b, r == 0x2bc:
			return '\''
		case r >= 0x201c && r <= 0x201f:
			return '"'
		}
		return r
	}, s)
}

var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n")

func lineBreaks(s string) string { return breaks.Replace(s) }

// dropEscapes removes what sets colours on a terminal: ESC [ numbers letter.
func dropEscapes(s string) string {
	const start = "\x1b["
	if !strings.Contains(s, start) {
		return s
	}
	var out strings.Builder
	for {
		at := strings.Index(s, start)
		if at < 0 {
			return out.String() + s
		}
		out.WriteString(s[:at])
		s = s[at:]
		rest := strings.TrimLeftFunc(s[len(start):], func(r rune) bool { return r == ';' || unicode.Is(unicode.Nd, r) })
		if rest != "" && isAlnum(rest[0]) {
			s = rest[1:]
			continue
		}
		out.WriteString(start)
		s = s[len(start):]
	}
}

// dropControls removes control characters that are neither white space nor
// needed for any script, and byte order marks.
func dropControls(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x20 && r != '\t' && r != '\n' && r != '\f' && r != '\r', r == 0x7f,
			r >= 0x206a && r <= 0x206f, r == 0xfeff, r >= 0xfff9 && r <= 0xfffc:
			return -1
		}
		return r
	}, s)
}
