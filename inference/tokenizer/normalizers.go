package tokenizer

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxNesting bounds how deep sequences of steps may be nested.
const maxNesting = 16

type normalizerJSON struct {
	Type     string            `json:"type"`
	Steps    []json.RawMessage `json:"normalizers"`
	Charsmap []byte            `json:"precompiled_charsmap"` // base64
	Pattern  struct {
		String *string `json:"String"`
		Regex  *string `json:"Regex"`
	} `json:"pattern"`
	Content string `json:"content"`
	Prepend string `json:"prepend"`
	Left    bool   `json:"strip_left"`
	Right   bool   `json:"strip_right"`
}

// readNormalizer reads the "normalizer" of tokenizer.json; nil means none.
func readNormalizer(raw json.RawMessage) (func(string) string, error) {
	return nestedNormalizer(raw, 0)
}

func nestedNormalizer(raw json.RawMessage, depth int) (func(string) string, error) {
	var n *normalizerJSON
	if err := json.Unmarshal(raw, &n); err != nil || n == nil {
		return nil, err
	}
	switch n.Type {
	case "Sequence":
		return n.sequence(depth)
	case "Precompiled":
		if len(n.Charsmap) == 0 {
			return nil, nil
		}
		c, err := newCharsmap(n.Charsmap)
		if err != nil {
			return nil, err
		}
		return c.byGrapheme, nil
	case "Replace":
		return n.replace()
	case "NFC":
		return norm.NFC.String, nil
	case "NFD":
		return norm.NFD.String, nil
	case "NFKC":
		return norm.NFKC.String, nil
	case "NFKD":
		return norm.NFKD.String, nil
	case "Nmt":
		return func(s string) string { return strings.Map(nmt, s) }, nil
	case "Lowercase":
		return strings.ToLower, nil
	case "Prepend":
		return func(s string) string {
			if s == "" {
				return s
			}
			return n.Prepend + s
		}, nil
	case "Strip":
		return n.strip, nil
	case "StripAccents":
		return func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.Is(unicode.M, r) {
					return -1
				}
				return r
			}, s)
		}, nil
	}
	return nil, fmt.Errorf("the step %q is not understood", n.Type)
}

func (n *normalizerJSON) sequence(depth int) (func(string) string, error) {
	if depth == maxNesting {
		return nil, fmt.Errorf("sequences are nested more than %d deep", maxNesting)
	}
	var steps []func(string) string
	for i, raw := range n.Steps {
		step, err := nestedNormalizer(raw, depth+1)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", i, err)
		}
		if step != nil {
			steps = append(steps, step)
		}
	}
	return func(s string) string {
		for _, step := range steps {
			s = step(s)
		}
		return s
	}, nil
}

func (n *normalizerJSON) replace() (func(string) string, error) {
	switch {
	case n.Pattern.String != nil:
		old := *n.Pattern.String
		if old == "" {
			return nil, fmt.Errorf("an empty text cannot be replaced")
		}
		return func(s string) string { return strings.ReplaceAll(s, old, n.Content) }, nil
	case n.Pattern.Regex != nil:
		re, err := regexp.Compile(*n.Pattern.Regex)
		if err != nil {
			return nil, fmt.Errorf("the pattern %q is not understood: %w", *n.Pattern.Regex, err)
		}
		return func(s string) string { return re.ReplaceAllLiteralString(s, n.Content) }, nil
	}
	return nil, fmt.Errorf("a replacement has no pattern")
}

func (n *normalizerJSON) strip(s string) string {
	if n.Left {
		s = strings.TrimLeftFunc(s, unicode.IsSpace)
	}
	if n.Right {
		s = strings.TrimRightFunc(s, unicode.IsSpace)
	}
	return s
}

// nmt drops control characters and turns marks that only part words into blanks.
func nmt(r rune) rune {
	switch {
	case r >= 1 && r <= 8, r == 0xb, r >= 0xe && r <= 0x1f, r == 0x7f, r == 0x8f, r == 0x9f:
		return -1
	case r == '\t', r == '\n', r == '\f', r == '\r', r == 0x1680, r >= 0x200b && r <= 0x200f,
		r == 0x2028, r == 0x2029, r == 0x2581, r == 0xfeff, r == 0xfffd:
		return ' '
	}
	return r
}
