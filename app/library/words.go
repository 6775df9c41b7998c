package library

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kinora/inference"
	"kinora/inference/tokenizer/clean"
)

// A lexicon is the words a model was taught, and words that come near some of them.
// An empty one knows nothing about what the model knows.
type lexicon struct {
	words   map[string]bool
	names   map[string]bool   // taught words that are written with a capital
	instead map[string]string // taught words for others; empty: a word that says nothing
	longest int               // of the words of scripts written without blanks, in runes

	subjects map[string]bool // taught words that name something to draw
	weak     map[string]bool // taught words that often come out as something else
	clear    []string        // phrases in which they come out
	draws    string          // what there is, in words
}

func newLexicon(m manifest) lexicon {
	l := lexicon{words: map[string]bool{}, names: map[string]bool{}, instead: map[string]string{}, subjects: map[string]bool{}, weak: map[string]bool{}, draws: m.Draws}
	long := func(w string) {
		if r := []rune(w); len(r) > 0 && unblanked(r[0]) {
			l.longest = max(l.longest, len(r))
		}
	}
	for _, list := range m.Words {
		for _, w := range list {
			if w = strings.TrimSpace(w); w != strings.ToLower(w) {
				l.names[w] = true
				w = strings.ToLower(w)
			}
			l.words[w] = true
			for _, part := range strings.FieldsFunc(w, func(r rune) bool { return !wordRune(r) }) {
				if !unblanked([]rune(part)[0]) {
					l.words[part] = true // taught phrases are taught words
				}
			}
			long(w)
		}
	}
	for _, table := range m.Instead {
		for w, to := range table {
			w = strings.ToLower(strings.TrimSpace(w))
			l.instead[w] = to
			long(w)
		}
	}
	for _, list := range m.Subjects {
		for _, w := range list {
			l.subjects[strings.ToLower(w)] = true
		}
	}
	for _, list := range m.Weak {
		for _, w := range list {
			l.weak[strings.ToLower(w)] = true
		}
	}
	for _, list := range m.Clear {
		for _, s := range list {
			l.clear = append(l.clear, strings.ToLower(s))
		}
	}
	return l
}

// Wording says a prompt in the words that the model was taught. Words that it was
// never taught mislead it: of 50 prompts with one or two put in, the built-in model drew 44 %
// as they say, and 68 % of the same prompts without (assets/starter/MODEL.md).
func (l *Library) Wording(name, prompt string) inference.Wording {
	it, _ := l.find(name)
	return it.words.wording(prompt)
}

// wording also takes back that a word is weak where it only stands in phrases that come
// out: a thing that moves in a circle is not a circle.
func (l lexicon) wording(prompt string) inference.Wording {
	out := l.say(prompt)
	if len(out.Weak) > 0 {
		rest := strings.ToLower(clean.Prompt(prompt))
		for _, s := range l.clear {
			rest = strings.ReplaceAll(rest, s, " ")
		}
		out.Weak = l.say(rest).Weak
	}
	return out
}

func (l lexicon) say(prompt string) inference.Wording {
	w := wording{lexicon: l, begins: true}
	if len(l.words) == 0 {
		return inference.Wording{Text: prompt}
	}
	for rest := clean.Prompt(prompt); rest != ""; {
		n := strings.IndexFunc(rest, wordRune)
		if n < 0 {
			n = len(rest)
		}
		w.put(rest[:n])
		w.begins = w.begins || ends(rest[:n])
		rest = rest[n:]
		if n = strings.IndexFunc(rest, func(r rune) bool { return !wordRune(r) }); n < 0 {
			n = len(rest)
		}
		for _, run := range scripts(rest[:n]) {
			if unblanked(run[0]) {
				w.segment(run)
			} else {
				w.word(string(run))
			}
			w.begins = false
		}
		rest = rest[n:]
	}
	if !w.changed {
		return inference.Wording{Text: prompt, Weak: w.unclear}
	}
	out := inference.Wording{Text: tidy(w.text), Instead: w.told, Without: w.without, Weak: w.unclear}
	if len(w.without) > 0 && !w.drawn {
		out.Draws = l.draws
	}
	return out
}

// A wording is one under way.
type wording struct {
	lexicon
	text    []string // words, what lies between them, and "" where a word is missing
	changed bool
	begins  bool // a sentence, with the next word
	drawn   bool // it names something to draw
	told    []inference.Instead
	without []string
	unclear []string
}

func (w *wording) put(s string) { w.text = append(w.text, s) }

// word takes a word of a script that parts its words.
func (w *wording) word(written string) {
	plain := strings.Trim(strings.ToLower(written), "'’-")
	to, near := w.near(plain)
	switch {
	case near && !w.words[plain]:
		w.replace(plain, to)
		return
	case w.knows(plain):
		spelled := w.spelled(written)
		w.changed = w.changed || spelled != written
		w.put(spelled)
		w.draw(plain)
		return
	}
	if parts := strings.FieldsFunc(plain, func(r rune) bool { return r == '-' }); len(parts) > 1 {
		for i, p := range parts {
			if i > 0 {
				w.put(" ")
			}
			w.word(p)
		}
		w.changed = true
		return
	}
	w.leave(plain)
}

// spelled is a taught word as the model saw it: in capitals it would fall into letters.
func (w *wording) spelled(written string) string {
	first, n := utf8.DecodeRuneInString(written)
	rest := written[n:]
	if rest == strings.ToLower(rest) && (w.begins || unicode.IsLower(first)) || w.names[strings.Trim(written, "'’-")] {
		return written
	}
	return strings.ToLower(written)
}

// draw notes whether words that were put in name something to draw, and which of them
// seldom come out.
func (w *wording) draw(words ...string) {
	for _, s := range words {
		w.drawn = w.drawn || holds(w.subjects, s)
		if holds(w.weak, s) && !slices.Contains(w.unclear, s) {
			w.unclear = append(w.unclear, s)
		}
	}
}

func (w *wording) replace(word, to string) {
	w.changed = true
	w.put(to)
	w.draw(strings.Fields(to)...)
	if in := (inference.Instead{Word: word, Taught: to}); to != "" && !slices.Contains(w.told, in) {
		w.told = append(w.told, in)
	}
}

func (w *wording) leave(word string) {
	w.changed = true
	w.put("")
	if !slices.Contains(w.without, word) {
		w.without = append(w.without, word)
	}
}

func (l lexicon) knows(w string) bool { return w == "" || holds(l.words, w) }

// holds reports whether a word, or one that it is a plain plural or the possessive of, is
// in a set.
func holds(set map[string]bool, w string) bool {
	for _, end := range []string{"", "s", "es", "'s", "’s"} {
		if base, ok := strings.CutSuffix(w, end); ok && set[base] {
			return true
		}
	}
	return false
}

// near finds what stands for a word, or for the one that it is the possessive of.
func (l lexicon) near(w string) (to string, ok bool) {
	for _, end := range []string{"", "'s", "’s"} {
		if base, cut := strings.CutSuffix(w, end); cut {
			if to, ok = l.instead[base]; ok {
				return to, true
			}
		}
	}
	return "", false
}

// segment cuts a run without blanks into the longest words it knows of; what lies
// between them goes, with the particle that tied it to what follows.
func (w *wording) segment(run []rune) {
	var gap []rune
	close := func() {
		if len(gap) > 0 {
			w.leave(string(gap))
			gap = nil
		}
	}
	for len(run) > 0 {
		n := min(w.longest, len(run))
		var taught, near bool
		var to string
		for ; n > 0; n-- {
			if taught = w.words[string(run[:n])]; taught {
				break
			}
			if to, near = w.instead[string(run[:n])]; near {
				break
			}
		}
		word := string(run[:n])
		switch {
		case n == 0:
			gap, run = append(gap, run[0]), run[1:]
			continue
		case len(gap) > 0 && (word == "的" || word == "地"):
			close()
		case taught:
			close()
			w.put(word)
			w.draw(word)
		default:
			close()
			w.replace(word, to)
		}
		run = run[n:]
	}
	close()
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
