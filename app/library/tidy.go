package library

import (
	"strings"
	"unicode"
)

// tidy joins words after some went: no blanks or commas too many, and the article that
// the next word wants.
func tidy(parts []string) string {
	var out []string
	for _, p := range parts {
		if p == "" {
			continue
		}
		last := ""
		if len(out) > 0 {
			last = out[len(out)-1]
		}
		if gap := !strings.ContainsFunc(p, wordRune); gap && (last == "" || !strings.ContainsFunc(last, wordRune)) {
			// Of two gaps the one that says more stays.
			if n := len(out); n > 1 && (ends(p) && !ends(last) || strings.TrimSpace(last) == "" && !isArticle(out[n-2])) {
				out[n-1] = p
			}
			continue
		}
		if spaced(last) && spaced(p) {
			out = append(out, " ") // what was between them went
		}
		out = append(out, p)
	}
	for len(out) > 0 && !strings.ContainsFunc(out[len(out)-1], wordRune) && !strings.ContainsAny(out[len(out)-1], ".!?。！？") {
		out = out[:len(out)-1]
	}
	for i := 0; i+2 < len(out); i++ {
		if isArticle(out[i]) && strings.TrimSpace(out[i+1]) == "" {
			out[i] = article(out[i], out[i+2])
		}
	}
	return strings.TrimSpace(strings.Join(out, ""))
}

// ends reports whether a sentence ends between two words.
func ends(gap string) bool { return strings.ContainsAny(gap, ".!?:\n") }

// spaced reports whether s is a word of a script that parts its words.
func spaced(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return wordRune(r) && !unblanked(r) })
}

func isArticle(word string) bool {
	return strings.EqualFold(word, "a") || strings.EqualFold(word, "an")
}

func article(written, next string) string {
	first := written[:1]
	if next != "" && strings.ContainsRune("aeiou", unicode.ToLower([]rune(next)[0])) {
		return first + "n"
	}
	return first
}
