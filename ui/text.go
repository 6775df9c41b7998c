package ui

import (
	"fmt"
	"strings"
)

// A speech says things in the reader's language. English is the key to the table;
// what the table lacks is said in English.
type speech map[string]string

// say translates en and fills in args as Sprintf does.
func (s speech) say(en string, args ...any) string {
	if t, ok := s[en]; ok {
		en = t
	}
	if len(args) == 0 {
		return en
	}
	return fmt.Sprintf(en, args...)
}

// speak picks the speech for a setting and the system's locale.
func speak(setting, locale string) speech {
	if setting != "en" && setting != "zh" {
		setting = locale
	}
	if strings.HasPrefix(strings.ToLower(setting), "zh") {
		return chinese
	}
	return nil
}
