package clean

import (
	"bytes"
	"unicode/utf8"
)

// restoreBlanks puts byte A0 back where a blank stands in its place. "à" as a
// word of its own lost the blank behind it as well; not so at the beginning of
// "àquele" and its kin.
func restoreBlanks(b []byte) []byte {
	var out []byte
	for i := 0; i < len(b); i++ {
		out = append(out, b[i])
		if b[i] != 0xc3 || i+1 == len(b) || b[i+1] != ' ' {
			continue
		}
		out = append(out, 0xa0, ' ')
		i++
		for _, tail := range []string{" ", "quele", "quela", "quilo", "s "} {
			if bytes.HasPrefix(b[i+1:], []byte(tail)) {
				out = append(out[:len(out)-2], ' ')
				break
			}
		}
	}
	for i := 0; i < len(out); i++ {
		if n := spoilt(out[i:]); n > 0 {
			for j := i; j < i+n; j++ {
				if out[j] == ' ' {
					out[j] = 0xa0
				}
			}
			i += n - 1
		}
	}
	return out
}

// markLost replaces sequences of which a byte was lost, and stands as 1A or a
// question mark, by one U+FFFD each.
func markLost(b []byte) []byte {
	var out []byte
	for i := 0; i < len(b); {
		if n := lost(b[i:]); n > 0 {
			out = append(out, "\ufffd"...)
			i += n
		} else {
			out = append(out, b[i])
			i++
		}
	}
	return out
}

// lost returns the length of a sequence with a lost byte at the start of b, or 0.
func lost(b []byte) int {
	at := func(i int, lo, hi byte) bool { return i < len(b) && b[i] >= lo && b[i] <= hi }
	gone := func(i int) bool { return i < len(b) && (b[i] == 0x1a || b[i] == '?') }
	rest := func(i int) bool { return at(i, 0x80, 0xbf) || at(i, 0x1a, 0x1a) }
	// fill reports whether bytes 1 … n follow, one of them gone.
	fill := func(n int) bool {
		for g := 1; g <= n; g++ {
			ok := gone(g)
			for i := 1; i <= n && ok; i++ {
				ok = i == g || rest(i)
			}
			if ok {
				return true
			}
		}
		return false
	}
	switch {
	case at(0, 0xc2, 0xdf) && at(1, 0x1a, 0x1a), at(0, 0xc2, 0xc3) && at(1, '?', '?'):
		return 2
	case at(0, 0xed, 0xed) && at(1, 0xa0, 0xaf) && at(3, 0xed, 0xed) && at(4, 0xb0, 0xbf) &&
		(gone(2) && (gone(5) || at(5, 0x80, 0xbf)) || (gone(2) || at(2, 0x80, 0xbf)) && gone(5)):
		return 6
	case at(0, 0xe0, 0xef) && fill(2):
		return 3
	case at(0, 0xf0, 0xf4) && fill(3):
		return 4
	case at(0, 0x1a, 0x1a):
		return 1
	}
	return 0
}

// decodeVariants reads UTF-8, and two sequences that are not but are met: C0 80
// for a zero, and surrogate pairs of three bytes each. The reference takes C0
// before the last line feed for a zero as well.
func decodeVariants(b []byte) (string, bool) {
	if utf8.Valid(b) {
		return string(b), true
	}
	var out []byte
	for i := 0; i < len(b); {
		if b[i] == 0xc0 && i+1 < len(b) && (b[i+1] == 0x80 || i+2 == len(b) && b[i+1] == '\n') {
			out = append(out, 0)
			i += 2
			continue
		}
		if r, ok := pair(b[i:]); ok {
			out = utf8.AppendRune(out, r)
			i += 6
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return "", false
		}
		out = append(out, b[i:i+n]...)
		i += n
	}
	return string(out), true
}

func pair(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != 0xed || b[3] != 0xed || b[1]>>4 != 0xa || b[4]>>4 != 0xb || b[2]>>6 != 2 || b[5]>>6 != 2 {
		return 0, false
	}
	return rune(b[1]&0xf)<<16 + rune(b[2]&0x3f)<<10 + rune(b[4]&0xf)<<6 + rune(b[5]&0x3f) + 0x10000, true
}
