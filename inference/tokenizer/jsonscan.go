package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// A scanner walks over JSON without building it: a vocabulary is most of its
// file, and encoding/json takes seconds for a quarter of a million small lists.
// Values it cuts out are left to encoding/json to check.
type scanner struct {
	data []byte
	pos  int
}

func (s *scanner) errorf(format string, a ...any) error {
	return fmt.Errorf("at byte %d: %s", s.pos, fmt.Sprintf(format, a...))
}

// peek returns the next byte that is not white space, or 0 at the end.
func (s *scanner) peek() byte {
	for s.pos < len(s.data) {
		switch b := s.data[s.pos]; b {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return b
		}
	}
	return 0
}

func (s *scanner) expect(b byte) error {
	if got := s.peek(); got != b {
		if s.pos >= len(s.data) {
			return errors.New("it is cut off")
		}
		return s.errorf("found %q in place of %q", got, b)
	}
	s.pos++
	return nil
}

// object visits the members of an object; visit must consume the value.
func (s *scanner) object(visit func(key string) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	for first := true; s.peek() != '}'; first = false {
		if !first {
			if err := s.expect(','); err != nil {
				return err
			}
		}
		key, err := s.str()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		if err := visit(key); err != nil {
			return err
		}
	}
	s.pos++
	return nil
}

// array visits the places of an array's elements; visit must consume them.
func (s *scanner) array(visit func() error) error {
	if err := s.expect('['); err != nil {
		return err
	}
	for first := true; s.peek() != ']'; first = false {
		if !first {
			if err := s.expect(','); err != nil {
				return err
			}
		}
		if err := visit(); err != nil {
			return err
		}
	}
	s.pos++
	return nil
}

// str reads a string.
func (s *scanner) str() (string, error) {
	if err := s.expect('"'); err != nil {
		return "", err
	}
	from, escaped := s.pos, false
	for {
		i := bytes.IndexAny(s.data[s.pos:min(len(s.data), s.pos+64)], "\"\\")
		if i < 0 {
			if s.pos += 64; s.pos >= len(s.data) {
				s.pos = len(s.data)
				return "", errors.New("it is cut off")
			}
			continue
		}
		s.pos += i + 1
		if s.data[s.pos-1] == '"' {
			break
		}
		escaped = true
		s.pos++
		if s.pos > len(s.data) {
			return "", errors.New("it is cut off")
		}
	}
	raw := s.data[from : s.pos-1]
	if !utf8.Valid(raw) {
		return "", s.errorf("a text is not UTF-8")
	}
	if !escaped {
		return string(raw), nil
	}
	var text string
	if err := json.Unmarshal(s.data[from-1:s.pos], &text); err != nil {
		return "", s.errorf("%v", err)
	}
	return text, nil
}

// number reads a number.
func (s *scanner) number() (float64, error) {
	s.peek()
	from := s.pos
	for s.pos < len(s.data) && bytes.IndexByte([]byte("+-.0123456789eE"), s.data[s.pos]) >= 0 {
		s.pos++
	}
	f, err := strconv.ParseFloat(string(s.data[from:s.pos]), 64)
	if err != nil {
		return 0, s.errorf("%q is not a number", s.data[from:s.pos])
	}
	return f, nil
}

// value cuts out the next value, unread.
func (s *scanner) value() (json.RawMessage, error) {
	s.peek()
	from, depth := s.pos, 0
	for s.pos < len(s.data) {
		switch b := s.data[s.pos]; b {
		case '"':
			if _, err := s.str(); err != nil {
				return nil, err
			}
			if depth == 0 {
				return s.data[from:s.pos], nil
			}
			continue
		case '{', '[':
			depth++
		case '}', ']', ',':
			if b == ',' && depth > 0 {
				break
			}
			if depth == 0 {
				return s.data[from:s.pos], nil
			}
			if depth--; depth == 0 {
				s.pos++
				return s.data[from:s.pos], nil
			}
		}
		s.pos++
	}
	return s.data[from:s.pos], nil
}
