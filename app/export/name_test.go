package export

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestName(t *testing.T) {
	for prompt, want := range map[string]string{
		"A red circle moves to the right":                                    "a-red-circle-moves-to-the-right",
		"Buy one, get one -- free!":                                          "buy-one-get-one-free",
		"a very comfortable running shoe spins slowly on a white background": "a-very-comfortable-running-shoe-spins-slowly-on-a-white",
		strings.Repeat("a", 200):                                             strings.Repeat("a", 60),
		"a " + strings.Repeat("b", 200):                                      "a-" + strings.Repeat("b", 58),
		"一只柴犬穿着宇航服":                                                          "一只柴犬穿着宇航服",
		strings.Repeat("夏", 50):                                              strings.Repeat("夏", 20),
		"../../etc/passwd":                                                   "etc-passwd",
		"CON\x00\n.mp4":                                                      "con-mp4",
		"क्या हिन्दी":                                                        "क्या-हिन्दी",
		"?!  🙂":                                                              "",
		"a\xffb":                                                             "a-b",
		"twelve letters in every word would-be-a-name of-exactly sixty bytes ab": "twelve-letters-in-every-word-would-be-a-name-of-exactly",
	} {
		got := Name(prompt)
		if got != want {
			t.Errorf("%q is called %q, want %q", prompt, got, want)
		}
		if len(got) > maxName || !utf8.ValidString(got) {
			t.Errorf("%q: %d bytes, valid %v", prompt, len(got), utf8.ValidString(got))
		}
	}
}
