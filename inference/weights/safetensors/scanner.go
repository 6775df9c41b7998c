package safetensors

import (
	"encoding/json"
	"fmt"
	"math"
	"unicode/utf8"
)

// A scanner reads the little of JSON that a header is made of: objects, strings,
// and lists of whole numbers. The standard decoder would let duplicate names and
// broken text pass, match field names in any case, and buffer without a bound.
type scanner struct {
	b []byte
	i int
}

func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf("byte %d: "+format, append([]any{s.i}, args...)...)
}

// peek returns the next byte that is not blank, or 0 at the end.
func (s *scanner) peek() byte {
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\n', '\r':
		case 0:
			return 0xff // not the end
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) expect(c byte) error {
	if s.peek() != c {
		return s.errorf("%q expected", c)
	}
	s.i++
	return nil
}

// object calls field at each value, with its key of at most max bytes.
func (s *scanner) object(max int, field func(key string) error) error {
	return s.list('{', '}', func() error {
		key, err := s.str(max)
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		return field(key)
	})
}

func (s *scanner) list(open, end byte, item func() error) error {
	if err := s.expect(open); err != nil {
		return err
	}
	if s.peek() == end {
		s.i++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.i++
		case end:
			s.i++
			return nil
		default:
			return s.errorf("',' or %q expected", end)
		}
	}
}

// str reads a string whose source has at most max bytes.
func (s *scanner) str(max int) (string, error) {
	if err := s.expect('"'); err != nil {
		return "", err
	}
	start, plain := s.i, true
	for ; s.i < len(s.b) && s.i-start <= max; s.i++ {
		switch c := s.b[s.i]; {
		case c == '\\':
			plain = false
			s.i++
		case c < ' ':
			return "", s.errorf("control character in a string")
		case c == '"':
			raw := s.b[start:s.i]
			s.i++
			if !utf8.Valid(raw) {
				return "", s.errorf("a string is not valid UTF-8")
			}
			if plain {
				return string(raw), nil
			}
			var v string
			if err := json.Unmarshal(s.b[start-1:s.i], &v); err != nil {
				return "", s.errorf("%v", err)
			}
			return v, nil
		}
	}
	if s.i >= len(s.b) {
		return "", s.errorf("the text ends inside a string")
	}
	return "", s.errorf("a string longer than %d bytes", max)
}

// ints reads at most max whole numbers that are not negative.
func (s *scanner) ints(max int) ([]int64, error) {
	var v []int64
	err := s.list('[', ']', func() error {
		if len(v) == max {
			return s.errorf("more than %d numbers", max)
		}
		n, err := s.number()
		v = append(v, n)
		return err
	})
	return v, err
}

func (s *scanner) number() (int64, error) {
	s.peek()
	start, n := s.i, int64(0)
	for ; s.i < len(s.b) && s.b[s.i]-'0' < 10; s.i++ {
		d := int64(s.b[s.i] - '0')
		if n > (math.MaxInt64-d)/10 {
			return 0, s.errorf("a number too large")
		}
		n = n*10 + d
	}
	if s.i == start || s.i-start > 1 && s.b[start] == '0' {
		return 0, s.errorf("a whole number, not negative, expected")
	}
	if n > math.MaxInt {
		return 0, s.errorf("a number too large")
	}
	return n, nil
}
