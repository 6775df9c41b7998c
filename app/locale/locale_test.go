package locale

import (
	"maps"
	"testing"
)

func TestSettle(t *testing.T) {
	type env = map[string]string
	for name, c := range map[string]struct {
		system    string
		env, want env
	}{
		"none":          {"linux", env{}, env{"LC_CTYPE": "C.UTF-8"}},
		"C":             {"linux", env{"LANG": "C"}, env{"LANG": "C", "LC_CTYPE": "C.UTF-8", "LANGUAGE": "en"}},
		"C above all":   {"linux", env{"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, env{"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8", "LANGUAGE": "en"}},
		"POSIX letters": {"linux", env{"LC_CTYPE": "POSIX", "LANG": "de_DE.UTF-8"}, env{"LC_CTYPE": "C.UTF-8", "LANG": "de_DE.UTF-8"}},
		"container":     {"linux", env{"LANG": "C.UTF-8"}, env{"LANG": "C.UTF-8", "LANGUAGE": "en"}},
		"Chinese":       {"linux", env{"LANG": "zh_CN.UTF-8"}, env{"LANG": "zh_CN.UTF-8"}},
		"asked for":     {"linux", env{"LANG": "C.UTF-8", "LANGUAGE": "zh"}, env{"LANG": "C.UTF-8", "LANGUAGE": "zh"}},
		"elsewhere":     {"windows", env{}, env{}},
	} {
		got := maps.Clone(c.env)
		language := settle(c.system, func(n string) string { return got[n] }, func(n, v string) { got[n] = v })
		if !maps.Equal(got, c.want) || language != c.want["LANGUAGE"] {
			t.Errorf("%s: %v and %q, want %v", name, got, language, c.want)
		}
	}
}
