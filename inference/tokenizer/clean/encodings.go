package clean

import (
	"sync"

	"golang.org/x/text/encoding/charmap"
)

// An encoding of one byte per character. Bytes that it leaves undefined stand
// for the control characters of the same number, and where sloppy is set byte
// 1A stands for a character that was lost.
type encoding struct {
	decode [256]rune
	encode map[rune]byte
	sloppy bool
	dashes bool // its dash looks like the beginning of a longer UTF-8 sequence
}

// encodings are those that UTF-8 is taken for by mistake, the likeliest first.
// Windows-1252 is the second.
var encodings = sync.OnceValue(func() []*encoding {
	return []*encoding{
		newEncoding(charmap.ISO8859_1, false),
		newEncoding(charmap.Windows1252, true),
		newEncoding(charmap.Windows1251, true),
		newEncoding(charmap.Windows1250, true),
		newEncoding(charmap.Windows1253, true),
		newEncoding(charmap.Windows1254, true),
		newEncoding(charmap.Windows1257, true),
		newEncoding(charmap.ISO8859_2, false),
		newEncoding(charmap.Macintosh, false),
		newEncoding(charmap.CodePage437, false),
	}
})

const windows = 8 // so many of the encodings are kin to Latin-1

func newEncoding(m *charmap.Charmap, sloppy bool) *encoding {
	e := &encoding{encode: make(map[rune]byte, 256), sloppy: sloppy, dashes: m == charmap.Macintosh}
	for b := range 256 {
		r := m.DecodeByte(byte(b))
		if r == '\ufffd' {
			r = rune(b)
		}
		if sloppy && b == 0x1a {
			r = '\ufffd'
		}
		e.decode[b] = r
		e.encode[r] = byte(b)
	}
	return e
}

// bytes encodes text, if every character of it has a byte.
func (e *encoding) bytes(text string) ([]byte, bool) {
	out := make([]byte, 0, len(text))
	for _, r := range text {
		b, ok := e.encode[r]
		if !ok {
			return nil, false
		}
		out = append(out, b)
	}
	return out, true
}
