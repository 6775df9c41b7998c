package clean

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

const (
	longestWhole = 24 // characters between & and ; that a whole entity may have
	longestName  = 32 // characters after & that may be a name
)

// unescapeWhole decodes entities that are complete, semicolon included, and
// names of lower-case entities that were shouted.
func unescapeWhole(s string) string {
	return eachEntity(s, func(s string) (to string, used int) {
		end := 1
		if end < len(s) && s[end] == '#' {
			end++
		}
		from := end
		for end < len(s) && isAlnum(s[end]) && end-from < longestWhole {
			end++
		}
		if end == from || end >= len(s) || s[end] != ';' {
			return "", 0
		}
		entity := s[:end+1]
		if entity[1] == '#' {
			to := unescape(entity)
			if strings.Contains(to, ";") {
				to = entity
			}
			return to, len(entity)
		}
		name := s[1:end]
		if to, ok := lookup(name); ok {
			return to, len(entity)
		}
		lower := strings.ToLower(name)
		if to, ok := lookup(lower); ok && strings.ToUpper(lower) == name && unescape(entity) == entity {
			return cases.Upper(language.Und).String(to), len(entity)
		}
		return entity, len(entity)
	})
}

// unescape decodes entities as browsers do: numbers with or without a semicolon,
// and the longest known name that the text begins with.
func unescape(s string) string {
	return eachEntity(s, func(s string) (to string, used int) {
		if len(s) > 1 && s[1] == '#' {
			return numeric(s)
		}
		end, count := 1, 0
		for end < len(s) && count < longestName {
			if strings.IndexByte("\t\n\f <&#;", s[end]) >= 0 {
				break
			}
			_, n := utf8.DecodeRuneInString(s[end:])
			end += n
			count++
		}
		if count == 0 {
			return "", 0
		}
		if end < len(s) && s[end] == ';' {
			end++
		}
		return byName(s[:end]), end
	})
}

// byName decodes one entity. The standard library leaves the two out whose
// characters are longer than their names.
func byName(entity string) string {
	switch entity {
	case "&nLt;":
		return "\u226a\u20d2"
	case "&nGt;":
		return "\u226b\u20d2"
	}
	return html.UnescapeString(entity)
}

// lookup returns what &name; stands for. A name that is merely a known one with
// more behind it is not one.
func lookup(name string) (string, bool) {
	entity := "&" + name + ";"
	to := byName(entity)
	return to, to != entity && (!strings.HasSuffix(to, ";") || name == "semi")
}

// eachEntity replaces what decode recognises behind each &; used 0 means that
// there is no entity.
func eachEntity(s string, decode func(string) (to string, used int)) string {
	at := strings.IndexByte(s, '&')
	if at < 0 {
		return s
	}
	var out strings.Builder
	for at >= 0 {
		out.WriteString(s[:at])
		s = s[at:]
		to, used := decode(s)
		if used == 0 {
			to, used = "&", 1
		}
		out.WriteString(to)
		s = s[used:]
		at = strings.IndexByte(s, '&')
	}
	return out.String() + s
}

func isAlnum(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}

// numeric decodes &#123; and &#x7b; by the rules of HTML.
func numeric(s string) (to string, used int) {
	i, base := 2, rune(10)
	if i < len(s) && (s[i] == 'x' || s[i] == 'X') {
		i, base = 3, 16
	}
	from := i
	var r rune
	for ; i < len(s); i++ {
		d := digit(s[i])
		if d < 0 || d >= base {
			break
		}
		r = min(r*base+d, unicode.MaxRune+1)
	}
	if i == from {
		return "", 0
	}
	if i < len(s) && s[i] == ';' {
		i++
	}
	switch {
	case r == '\r':
		return "\r", i
	case r >= 0x80 && r <= 0x9f:
		return string(encodings()[1].decode[r]), i
	case r == 0, r >= 0xd800 && r <= 0xdfff, r > unicode.MaxRune:
		return "\ufffd", i
	case r < 0x20 && r != '\t' && r != '\n' && r != '\f', r == 0x7f, r >= 0xfdd0 && r <= 0xfdef, r&0xfffe == 0xfffe:
		return "", i
	}
	return string(r), i
}

func digit(b byte) rune {
	switch {
	case b >= '0' && b <= '9':
		return rune(b - '0')
	case b >= 'a' && b <= 'f':
		return rune(b-'a') + 10
	case b >= 'A' && b <= 'F':
		return rune(b-'A') + 10
	}
	return -1
}
