package library

import (
	"strings"
	"unicode"
)

// A lexicon is the words a model was taught. An empty one knows nothing about
// what the model knows.
type lexicon struct {
	words   map[string]bool
	longest int // of the words of scripts written without blanks, in runes
}

func newLexicon(lists map[string][]string) lexicon {
	l := lexicon{words: map[string]bool{}}
	for _, list := range lists {
		for _, w := range list {
			w = strings.ToLower(strings.TrimSpace(w))
			l.words[w] = true
			for _, part := range strings.FieldsFunc(w, func(r rune) bool { return !wordRune(r) }) {
				if !unblanked([]rune(part)[0]) {
					l.words[part] = true // taught phrases are taught words
				}
			}
			if r := []rune(w); len(r) > 0 && unblanked(r[0]) {
				l.longest = max(l.longest, len(r))
			}
		}
	}
	return l
}

// Unknown returns the words of a prompt that the model was never taught, each
// once, in order. Where it is not known what a model knows, there are none.
func (l *Library) Unknown(name, prompt string) []string {
	it, _ := l.find(name)
	return it.words.unknown(prompt)
}

func (l lexicon) unknown(prompt string) []string {
	if len(l.words) == 0 {
		return nil
	}
	var out []string
	seen := map[string]bool{}
	tell := func(w string) {
		if w != "" && !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	for _, field := range strings.FieldsFunc(strings.ToLower(prompt), func(r rune) bool { return !wordRune(r) }) {
		for _, run := range scripts(field) {
			if unblanked(run[0]) {
				l.segment(run, tell)
			} else if w := strings.Trim(string(run), "'’-"); !l.knows(w) {
				tell(w)
			}
		}
	}
	return out
}

// knows also takes plain plurals and possessives of taught words.
func (l lexicon) knows(w string) bool {
	for _, end := range []string{"", "s", "es", "'s", "’s"} {
		if base, ok := strings.CutSuffix(w, end); ok && l.words[base] {
			return true
		}
	}
	return w == ""
}

// segment cuts a run without blanks into the longest taught words and tells what
// lies between them.
func (l lexicon) segment(run []rune, tell func(string)) {
	var gap []rune
	for len(run) > 0 {
		n := min(l.longest, len(run))
		for n > 0 && !l.words[string(run[:n])] {
			n--
		}
		if n > 0 {
			tell(string(gap))
			gap, run = nil, run[n:]
			continue
		}
		gap, run = append(gap, run[0]), run[1:]
	}
	tell(string(gap))
}

// scripts cuts a word where a script written without blanks begins or ends.
func scripts(word string) [][]rune {
	var runs [][]rune
	for i, r := range []rune(word) {
		if i == 0 || unblanked(r) != unblanked(runs[len(runs)-1][0]) {
			runs = append(runs, nil)
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], r)
	}
	return runs
}

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '\'' || r == '’' || r == '-'
}

func unblanked(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}
