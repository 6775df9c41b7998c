package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A pipeline prepares text as Hugging Face's tokenizers do: added tokens are
// cut out, the rest is normalised and cut into words.
type pipeline struct {
	normalize func(string) string // nil: nothing
	cut       func([]word) []word // nil: one word
	raw       addedTokens         // found before the text is normalised
	cooked    addedTokens         // found after
	ids       map[string]int32
}

// A word is what the model splits on its own; first marks the one that stands
// at the very start of the text.
type word struct {
	text  string
	first bool
}

// An addedToken is an entry of "added_tokens".
type addedToken struct {
	id         int32
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
}

type addedTokens struct {
	trie *trie // ids are places in list
	list []addedToken
}

// add makes a tokenizer know added tokens. As in Hugging Face, one that is not
// in the vocabulary has the next free id, whatever the file says.
func (t *Tokenizer) add(p *pipeline, tokens []addedToken) {
	p.ids = map[string]int32{}
	for _, a := range tokens {
		if a.Content == "" {
			continue
		}
		if a.id = p.find(t.model, a.Content); a.id < 0 {
			a.id = int32(t.size)
			t.size++
		}
		p.ids[a.Content] = a.id
		if a.Normalized {
			if p.normalize != nil {
				a.Content = p.normalize(a.Content)
			}
			p.cooked.list = append(p.cooked.list, a)
		} else {
			p.raw.list = append(p.raw.list, a)
		}
	}
	p.raw.index()
	p.cooked.index()
}

// find returns the id of an added token or a piece, or -1.
func (p *pipeline) find(u *unigram, text string) int32 {
	if id, ok := p.ids[text]; ok {
		return id
	}
	return u.find(text)
}

func (a *addedTokens) index() {
	keys := make([]trieKey, len(a.list))
	for i, t := range a.list {
		keys[i] = trieKey{text: t.Content, id: int32(i)}
	}
	a.trie = newTrie(keys)
}

func inWord(r rune, size int) bool {
	return size > 0 && (r == '\u200c' || r == '\u200d' || unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Pc))
}

// split cuts the tokens out of text.
func (a *addedTokens) split(text string) []part {
	if len(a.list) == 0 {
		return []part{{text: text}}
	}
	var parts []part
	done := 0
	for i := 0; i < len(text); {
		at, n := a.trie.longest(text[i:])
		if n == 0 {
			i++
			continue
		}
		t := a.list[at]
		from, to := i, i+n
		i = to
		if t.SingleWord && (inWord(utf8.DecodeLastRuneInString(text[:from])) || inWord(utf8.DecodeRuneInString(text[to:]))) {
			continue
		}
		if t.LStrip {
			from = max(done, len(strings.TrimRightFunc(text[:from], unicode.IsSpace)))
		}
		if t.RStrip {
			to = len(text) - len(strings.TrimLeftFunc(text[to:], unicode.IsSpace))
		}
		if done < from {
			parts = append(parts, part{text: text[done:from]})
		}
		parts = append(parts, part{text: text[from:to], id: t.id, whole: true})
		done, i = to, max(i, to)
	}
	if done < len(text) {
		parts = append(parts, part{text: text[done:]})
	}
	return parts
}

func (p *pipeline) parts(text string) []part {
	if !utf8.ValidString(text) {
		text = string([]rune(text)) // one U+FFFD for each byte that is none
	}
	var parts []part
	for i, raw := range p.raw.split(text) {
		if raw.whole {
			parts = append(parts, raw)
			continue
		}
		if p.normalize != nil {
			raw.text = p.normalize(raw.text)
		}
		for j, cooked := range p.cooked.split(raw.text) {
			if cooked.whole {
				parts = append(parts, cooked)
				continue
			}
			words := []word{{cooked.text, i == 0 && j == 0}}
			if p.cut != nil && cooked.text != "" {
				words = p.cut(words)
			}
			for _, w := range words {
				if w.text != "" {
					parts = append(parts, part{text: w.text})
				}
			}
		}
	}
	return parts
}
