// Package clean prepares a prompt for the tokenizer the way the reference does:
// it repairs text that was decoded wrongly somewhere on its way (the job of
// Robyn Speer's ftfy 6.3, whose results it reproduces), decodes HTML entities
// and evens out white space. It does not know languages, tokens or models.
package clean

import "strings"

// Prompt returns the text that is to be tokenised.
func Prompt(s string) string {
	return spaces(basic(s))
}

// basic repairs text and decodes entities that were escaped more than once.
func basic(s string) string {
	return strings.TrimFunc(unescape(unescape(fix(s))), isSpace)
}

// spaces makes one blank of every run of white space and trims the ends.
func spaces(s string) string {
	return strings.Join(strings.FieldsFunc(s, isSpace), " ")
}

// isSpace is white space as Python sees it: Unicode's, and four separators.
func isSpace(r rune) bool {
	switch {
	case r >= 0x09 && r <= 0x0d, r >= 0x1c && r <= 0x20, r == 0x85, r == 0xa0, r == 0x1680,
		r >= 0x2000 && r <= 0x200a, r == 0x2028, r == 0x2029, r == 0x202f, r == 0x205f, r == 0x3000:
		return true
	}
	return false
}

// longestSegment is how many characters of one line are repaired together.
const longestSegment = 1_000_000

// fix repairs text line by line, so that one line in a wrong encoding does not
// decide about the others. Entities are decoded up to the first literal <, after
// which the text is taken for HTML that means what it says.
func fix(s string) string {
	var out strings.Builder
	out.Grow(len(s))
	rest := []rune(s) // bytes that are not UTF-8 become U+FFFD
	entities := true
	for len(rest) > 0 {
		n := 0
		for n < min(len(rest), longestSegment) {
			n++
			if rest[n-1] == '\n' {
				break
			}
		}
		line := string(rest[:n])
		rest = rest[n:]
		entities = entities && !strings.Contains(line, "<")
		out.WriteString(fixLine(line, entities))
	}
	return out.String()
}

// fixLine applies all repairs until none finds anything more to do.
func fixLine(s string, entities bool) string {
	for {
		before := s
		if entities {
			s = unescapeWhole(s)
		}
		s = fixEncoding(s)
		s = fixC1(s)
		s = plainLetters(s)
		s = straightQuotes(s)
		s = lineBreaks(s)
		s = dropEscapes(s)
		s = dropControls(s)
		s = compose(s)
		if s == before {
			return s
		}
	}
}
