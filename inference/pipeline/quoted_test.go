package pipeline

import (
	"strings"
	"testing"
)

func TestQuotedWordsStayShort(t *testing.T) {
	for want, words := range map[string][]string{
		"“zibble”": {"zibble"},
		"“" + strings.Repeat("字", 32) + "…”":            {strings.Repeat("字", 6000)},
		"“a”, “b”, “c”, “d”, “e”, “f” and 2 more words": {"a", "b", "c", "d", "e", "f", "g", "h"},
	} {
		if got := quoted(words); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
