package export

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how many bytes of a prompt a file is named by; file systems allow 255.
const maxName = 60

// Name is the beginning of a prompt as the name of a file, without an ending: its
// letters and digits, whole words where they fit. It is empty for a prompt that has
// neither.
func Name(prompt string) string {
	words := strings.FieldsFunc(strings.ToLower(prompt), func(r rune) bool {
		return r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	name := ""
	for _, w := range words {
		if name != "" {
			w = "-" + w
		}
		if room := maxName - len(name); len(w) > room {
			if len(name) < maxName/2 { // a long word, or a script that does not part them
				name += begin(w, room)
			}
			break
		}
		name += w
	}
	return name
}

// begin is as much of s as fits into n bytes, without half a letter.
func begin(s string, n int) string {
	at := 0
	for i, r := range s {
		if end := i + utf8.RuneLen(r); end <= n {
			at = end
		}
	}
	return s[:at]
}
