package pipeline

import (
	"html"
	"strings"
)

// cleanPrompt folds white space and entities; package tokenizer/clean takes over
// when it does the rest of what the reference does.
func cleanPrompt(s string) string {
	return strings.Join(strings.Fields(html.UnescapeString(html.UnescapeString(s))), " ")
}
