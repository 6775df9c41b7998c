package clean

import (
	"slices"

	"golang.org/x/text/unicode/norm"
)

// mostMarks is how many combining marks in a row package norm leaves as they
// are; among more of them it puts a character of its own.
const mostMarks = 30

// compose normalises to form C.
func compose(s string) string {
	if crowded(s) {
		return composeCrowded(s)
	}
	return norm.NFC.String(s)
}

// crowded reports whether a character might have too many marks.
func crowded(s string) bool {
	n := 0
	for _, r := range s {
		if r < 0x300 || properties(r).CCC() == 0 {
			n = 0 // its own marks are counted as three at most
		} else if n++; n > mostMarks-3 {
			return true
		}
	}
	return false
}

func properties(r rune) norm.Properties { return norm.NFD.PropertiesString(string(r)) }

// composeCrowded is Unicode's algorithm, letter by letter.
func composeCrowded(s string) string {
	var text []rune
	for _, r := range s {
		if d := properties(r).Decomposition(); d != nil {
			text = append(text, []rune(string(d))...)
		} else {
			text = append(text, []rune(norm.NFD.String(string(r)))...) // Hangul
		}
	}
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && properties(text[j]).CCC() != 0 {
			j++
		}
		slices.SortStableFunc(text[i:j], func(a, b rune) int { return int(properties(a).CCC()) - int(properties(b).CCC()) })
		i = j + 1
	}
	out := text[:0:0]
	starter, last := -1, uint8(0)
	for _, r := range text {
		c := properties(r).CCC()
		if starter >= 0 && (len(out) == starter+1 || last < c && last != 0) {
			pair := []rune(norm.NFC.String(string([]rune{out[starter], r})))
			if len(pair) == 1 {
				out[starter] = pair[0]
				continue
			}
		}
		if out = append(out, r); c == 0 {
			starter = len(out) - 1
		}
		last = c
	}
	return string(out)
}
