package ui

import (
	"strconv"
	"strings"
	"unicode"

	told "kinora/app/locale/chinese"
	"kinora/app/settings"
	"kinora/inference"
)

// told says in the reader's language what the studio or the engine told in English.
func (s speech) told(en string) string {
	// That a request is invalid goes without saying: what is wrong with it follows.
	en = strings.TrimPrefix(en, inference.ErrInvalid.Error()+": ")
	if s == nil {
		return en
	}
	zh := told.Tell(en)
	if strings.HasPrefix(en, `setting "`) { // by the name that the form has for it
		for _, i := range settings.Table() {
			zh = strings.Replace(zh, strconv.Quote(i.Label), "“"+s.say(i.Label)+"”", 1)
		}
	}
	return zh
}

// sentence makes an error's text a sentence.
func (s speech) sentence(err error) string {
	text := s.told(strings.TrimSpace(err.Error()))
	if text == "" {
		return s.say("Something went wrong.")
	}
	r := []rune(text)
	text = strings.ToUpper(string(r[:1])) + string(r[1:])
	if s != nil && strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		if !strings.HasSuffix(text, "。") {
			text = strings.TrimSuffix(text, ".") + "。"
		}
		return text
	}
	if !strings.ContainsAny(text[len(text)-1:], ".!?)") {
		text += "."
	}
	return text
}
