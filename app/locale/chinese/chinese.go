// Package chinese says in Chinese what the studio and the engine tell in English. They
// know no languages: a sentence comes ready-made, and is known here by its English
// words, with values in their places. That holds for sentences that the history kept,
// too. It does not know who tells what, nor what the window itself says.
package chinese

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// tables hold English and Chinese in turn. English is as its room writes it, without
// what only wraps another error; %1, %2 … in the Chinese are its values by their place.
var tables = [][][2]string{studio, library, fetching, engine, weights, files, system}

// Sentences calls f for everything that can be told, in English and in Chinese.
func Sentences(f func(en, zh string)) {
	for _, t := range tables {
		for _, s := range t {
			f(s[0], s[1])
		}
	}
}

// A sentence is one that is known, made ready to be found again.
type sentence struct {
	en      string
	zh      string
	longest string // its longest stretch of words: without it, it is not this sentence
	words   int    // bytes that are no values: of two that fit, the one with more is meant
	pattern *regexp.Regexp
	wraps   map[int]bool // values that are sentences themselves
	plain   map[int]bool // values that are none: what stands behind a colon is told apart
}

var verb = regexp.MustCompile(`%[-+# 0]*[\d.]*[a-zA-Z%]`)

// values are what Sprintf makes of its verbs.
var values = map[byte]string{
	'd': `(-?\d+)`,
	'g': `(-?[\d.]+(?:e[-+]\d+)?|NaN|[-+]?Inf)`, 'f': `(-?[\d.]+|NaN|[-+]?Inf)`,
	'w': `((?s).*?)`, 'v': `((?s).*?)`, // several errors stand on several lines
	'q': `("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)+')`, 'x': `((?:0x)?[0-9a-f]+)`, 'X': `((?:0X)?[0-9A-F]+)`,
}

func read(en, zh string) sentence {
	s := sentence{en: en, zh: zh, wraps: map[int]bool{}, plain: map[int]bool{}}
	var p strings.Builder
	at, n := 0, 0
	plain := func(words string) {
		if s.words += len(words); len(words) > len(s.longest) {
			s.longest = words
		}
		p.WriteString(regexp.QuoteMeta(words))
	}
	for _, v := range verb.FindAllStringIndex(en, -1) {
		plain(en[at:v[0]])
		at = v[1]
		kind := en[at-1]
		if kind == '%' {
			plain("%")
			continue
		}
		n++
		s.wraps[n] = kind == 'w'
		s.plain[n] = kind != 'w' && !strings.HasSuffix(en[:v[0]], ": ") && !strings.HasSuffix(en[:v[0]], "(")
		if p.Len() == 0 && at < len(en) {
			p.WriteString(or(values[kind], `(.+?)`)) // no sentence begins with nothing
		} else {
			p.WriteString(or(values[kind], `(.*?)`))
		}
	}
	plain(en[at:])
	s.pattern = regexp.MustCompile("^" + p.String() + "$")
	return s
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

var known = sync.OnceValue(func() []sentence {
	var all []sentence
	Sentences(func(en, zh string) { all = append(all, read(en, zh)) })
	slices.SortStableFunc(all, func(a, b sentence) int { return b.words - a.words })
	return all
})

// Tell says an English sentence in Chinese, and with it those that it gives as its
// reasons. What is not known stays as it is.
func Tell(en string) string {
	t := teller(tries)
	zh, _ := t.tell(en)
	return zh
}

// tries is how many parts of a text are looked at; longest, how long one may be.
const tries, longest = 64, 4 << 10

// A teller counts what it may still look at, so that no text takes long.
type teller int

func (t *teller) tell(en string) (zh string, ok bool) {
	if len(en) > longest {
		return en, false
	}
	if zh, ok := t.whole(en); ok || !strings.Contains(en, "\n") {
		if ok {
			return zh, true
		}
		return t.parts(en)
	}
	// Several errors, each on a line of its own.
	lines := strings.Split(en, "\n")
	for i, l := range lines {
		words := strings.TrimLeft(l, " ")
		zh, known := t.parts(words)
		lines[i] = l[:len(l)-len(words)] + zh
		ok = ok || known
	}
	return strings.Join(lines, "\n"), ok
}

// parts tells places and kinds of errors, which stand before what they are about, each
// a sentence or a word of its own: a: b: c.
func (t *teller) parts(en string) (zh string, ok bool) {
	var b strings.Builder
	before, at := false, 0
	for at < len(en) {
		end, words, known := len(en), "", false
		for ; end > at && *t > 0; end = at + max(0, strings.LastIndex(en[at:end], ": ")) {
			if words, known = t.whole(en[at:end]); known {
				break
			}
		}
		if !known {
			if end = strings.Index(en[at:], ": ") + at; end < at {
				end = len(en)
			}
			words = en[at:end]
		}
		switch {
		case at > 0 && (before || known):
			b.WriteString("：")
		case at > 0:
			b.WriteString(": ")
		}
		b.WriteString(words)
		ok, before, at = ok || known, known, end+2
	}
	return b.String(), ok
}

// whole tells what is one sentence.
func (t *teller) whole(en string) (zh string, ok bool) {
	if *t--; *t < 0 {
		return en, false
	}
	for _, s := range known() {
		if strings.Contains(en, s.longest) {
			if zh, ok := t.fill(s, en); ok {
				return zh, true
			}
		}
	}
	return en, false
}

// few words are not enough to know a sentence by, whatever its values.
const few = 12

var quoted = regexp.MustCompile(`^(".*"|“.*”)$`) // somebody's own words

func (t *teller) fill(s sentence, en string) (string, bool) {
	m := s.pattern.FindStringSubmatch(en)
	if m == nil {
		return "", false
	}
	var put []string
	for n := len(m) - 1; n > 0; n-- { // %10 before %1
		if (s.words < few || s.plain[n]) && strings.Contains(m[n], ": ") && !quoted.MatchString(m[n]) {
			return "", false
		}
		v, ok := m[n], false
		if !quoted.MatchString(v) {
			v, ok = t.tell(v)
		}
		if s.words < few && s.wraps[n] && !ok {
			return "", false
		}
		put = append(put, fmt.Sprintf("%%%d", n), strings.ReplaceAll(v, "”, “", "”、“"))
	}
	return strings.NewReplacer(put...).Replace(s.zh), true
}
