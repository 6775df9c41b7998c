package pipeline

import (
	"fmt"
	"strings"

	"kinora/inference"
)

// weak says which words a model often draws as something else; empty for none.
func weak(title string, w inference.Wording) string {
	if len(w.Weak) == 0 {
		return ""
	}
	return fmt.Sprintf("%s often gets %s wrong.", title, quoted(w.Weak))
}

// heard says what a model makes of words that it was never taught; empty where it
// knows them all.
func heard(title string, w inference.Wording) string {
	var instead []string
	for _, in := range w.Instead {
		instead = append(instead, shortened(in.Word)+" → “"+in.Taught+"”")
	}
	them := "them"
	if len(w.Without) == 1 {
		them = "it"
	}
	switch {
	case w.Draws != "":
		return fmt.Sprintf("%s was never taught %s and leaves %s out; what it draws is %s.", title, quoted(w.Without), them, w.Draws)
	case len(w.Without) > 0 && strings.TrimSpace(w.Text) == "":
		return fmt.Sprintf("%s was never taught any of these words; try one of its examples.", title)
	case len(instead) == 0 && len(w.Without) == 0:
		return ""
	case len(instead) == 0:
		return fmt.Sprintf("%s was never taught %s and leaves %s out.", title, quoted(w.Without), them)
	case len(w.Without) == 0:
		return fmt.Sprintf("%s knows other words for these: %s.", title, listed(instead))
	}
	return fmt.Sprintf("%s knows other words for these: %s; it was never taught %s and leaves %s out.", title, listed(instead), quoted(w.Without), them)
}

func quoted(words []string) string {
	q := make([]string, len(words))
	for i, w := range words {
		q[i] = shortened(w)
	}
	return listed(q)
}

// listed names six, and counts the others.
func listed(all []string) string {
	const most = 6
	s := strings.Join(all[:min(len(all), most)], ", ")
	if n := len(all) - most; n > 0 {
		s += fmt.Sprintf(" and %d more words", n)
	}
	return s
}

func shortened(word string) string {
	const longest = 32
	if r := []rune(word); len(r) > longest {
		word = string(r[:longest]) + "…"
	}
	return "“" + word + "”"
}
