package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

type cutterJSON struct {
	Type        string            `json:"type"`
	Steps       []json.RawMessage `json:"pretokenizers"`
	Replacement string            `json:"replacement"`
	Scheme      string            `json:"prepend_scheme"`
	Prefix      *bool             `json:"add_prefix_space"`
	Split       *bool             `json:"split"`
	Individual  bool              `json:"individual_digits"`
}

// readCutter reads the "pre_tokenizer" of tokenizer.json; nil means none.
func readCutter(raw json.RawMessage) (func([]word) []word, error) { return nestedCutter(raw, 0) }

func nestedCutter(raw json.RawMessage, depth int) (func([]word) []word, error) {
	var c *cutterJSON
	if err := json.Unmarshal(raw, &c); err != nil || c == nil {
		return nil, err
	}
	switch c.Type {
	case "Sequence":
		return c.sequence(depth)
	case "Metaspace":
		return c.metaspace()
	case "WhitespaceSplit":
		return each(func(w word) []word {
			return cutWhere(w, func(r rune) cutting {
				if unicode.IsSpace(r) {
					return drop
				}
				return join
			})
		}), nil
	case "Digits":
		return each(func(w word) []word { return cutWhere(w, c.digits) }), nil
	}
	return nil, fmt.Errorf("the step %q is not understood", c.Type)
}

func (c *cutterJSON) sequence(depth int) (func([]word) []word, error) {
	if depth == maxNesting {
		return nil, fmt.Errorf("sequences are nested more than %d deep", maxNesting)
	}
	var steps []func([]word) []word
	for i, raw := range c.Steps {
		step, err := nestedCutter(raw, depth+1)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", i, err)
		}
		if step != nil {
			steps = append(steps, step)
		}
	}
	return func(words []word) []word {
		for _, step := range steps {
			words = step(words)
		}
		return words
	}, nil
}

func (c *cutterJSON) metaspace() (func([]word) []word, error) {
	mark := c.Replacement
	if utf8.RuneCountInString(mark) != 1 {
		return nil, fmt.Errorf("pre-tokenizer Metaspace: the replacement of a blank is %q, not one character", mark)
	}
	scheme := c.Scheme
	if scheme == "" {
		if scheme = "always"; c.Prefix != nil && !*c.Prefix {
			scheme = "never"
		}
	}
	if scheme != "always" && scheme != "first" && scheme != "never" {
		return nil, fmt.Errorf("pre-tokenizer Metaspace: the prepend_scheme %q is not understood", scheme)
	}
	return each(func(w word) []word {
		text := strings.ReplaceAll(w.text, " ", mark)
		if (scheme == "always" || scheme == "first" && w.first) && !strings.HasPrefix(text, mark) {
			text = mark + text
		}
		if c.Split != nil && !*c.Split {
			return []word{{text, w.first}}
		}
		var words []word
		for first := w.first; text != ""; first = false {
			_, skip := utf8.DecodeRuneInString(text)
			end := len(text)
			if i := strings.Index(text[skip:], mark); i >= 0 {
				end = skip + i
			}
			words = append(words, word{text[:end], first})
			text = text[end:]
		}
		return words
	}), nil
}

func each(cut func(word) []word) func([]word) []word {
	return func(words []word) []word {
		var out []word
		for _, w := range words {
			if w.text != "" {
				out = append(out, cut(w)...)
			}
		}
		return out
	}
}

// A cutting says what becomes of one character.
type cutting int

const (
	join  cutting = iota // goes with its neighbours of the same sort
	group                // likewise, as another sort
	alone
	drop
)

func cutWhere(w word, sort func(rune) cutting) []word {
	var words []word
	from, last := 0, drop
	end := func(to int) {
		if last != drop && from < to {
			words = append(words, word{w.text[from:to], w.first && from == 0})
		}
		from = to
	}
	for i, r := range w.text {
		if s := sort(r); s != last || s == alone {
			end(i)
			last = s
		}
	}
	end(len(w.text))
	return words
}

func (c *cutterJSON) digits(r rune) cutting {
	switch {
	case !unicode.IsNumber(r):
		return join
	case c.Individual:
		return alone
	}
	return group
}
