// Package locale gives the locale C.UTF-8, which containers have, a language that
// the window's toolkit can read; else every command would begin with its complaint.
// The toolkit looks while the program is loaded, so this happens then too: it comes
// first because it needs nothing but the environment. It knows no languages.
package locale

import "os"

// Language is what the messages of libraries are asked for in, empty for the
// system's choice.
var Language = settle()

func settle() string {
	for _, name := range [...]string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		v := os.Getenv(name)
		if v == "" {
			continue
		}
		if len(v) > 2 && v[:2] == "C." && os.Getenv("LANGUAGE") == "" {
			os.Setenv("LANGUAGE", "en")
		}
		break
	}
	return os.Getenv("LANGUAGE")
}
