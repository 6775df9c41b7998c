// Package locale gives the locales C and C.UTF-8, which containers have, a language
// that the window's toolkit can read and letters that can be typed; else every command
// would begin with the toolkit's complaint, and a field take no Chinese.
// The toolkit looks while the program is loaded, so this happens then too: it comes
// first because it needs nothing but the environment. It knows no languages.
package locale

import (
	"os"
	"runtime"
	"strings"
)

// Language is what the messages of libraries are asked for in, empty for the
// system's choice.
var Language = settle(runtime.GOOS, os.Getenv, func(name, value string) { os.Setenv(name, value) })

func settle(system string, get func(string) string, set func(name, value string)) string {
	first := func(names ...string) (name, value string) {
		for _, name = range names {
			if value = get(name); value != "" {
				return name, value
			}
		}
		return "", ""
	}
	// Letters beyond ASCII reach the window only in a locale that has them.
	if name, v := first("LC_ALL", "LC_CTYPE", "LANG"); system == "linux" && (v == "" || v == "C" || v == "POSIX") {
		if name != "LC_ALL" {
			name = "LC_CTYPE"
		}
		set(name, "C.UTF-8")
	}
	if _, v := first("LC_ALL", "LC_MESSAGES", "LANG"); (v == "C" || v == "POSIX" || strings.HasPrefix(v, "C.")) && get("LANGUAGE") == "" {
		set("LANGUAGE", "en")
	}
	return get("LANGUAGE")
}
