package clean

import (
	"slices"
	"strings"
	"sync"
	"unicode"
)

// A class is a set of characters that play the same part in text that was
// decoded wrongly. A character may belong to several.
type class uint32

const (
	control class = 1 << iota // of the second set
	odd                       // hardly ever used in running text
	legal                     // section and paragraph signs
	money                     // currency signs
	opening                   // punctuation that begins something
	closing                   // punctuation that ends something
	number                    // fractions, superscripts, mathematics
	upper                     // accented capitals
	lower                     // accented small letters
	foreign                   // letters of alphabets of their own
	little                    // the small ones of them
	box                       // frames and blocks
	face                      // accented letters that faces are drawn with
	az                        // a–z
	latin                     // A–Z, a–z
	wordly                    // letters, digits, _
	space                     // white space
	inLine                    // any character but a line feed
	start                     // the beginning of the text
	named                     // characters that rules name

	// common is what characters of sound text are, too.
	common = az | latin | wordly | space | inLine | start
)

var members = map[class]string{
	odd:     "¤¦¨ª¬¯¸ºƒˆˇ˘˛˜†‡‰⌐◊\ufffd",
	legal:   "§¶",
	money:   "¢£¥₧€",
	opening: "¡©«¿΄΅‘‚“„•‹\uf8ff",
	closing: "®»˝”›™",
	number:  "±²³µ¹¼½¾×÷⁄№∂∆∏∑√∞∩∫≈≠≡≤≥",
	upper:   "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑØÜÝĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶĹĻĽŁŃŅŇŒŘŚŞŠŢŤŮŰŸŹŻŽҐ",
	lower:   "ßàáâãäåæçèéêëìíîïðñüāăąćčďđēėęěğģīįķĺļľłœŕśşšťźżžґﬁﬂ",
	foreign: "Þ",
	face:    "ÒÓÔÕÖÙÚÛòóôõöøùúûŌŐŪŲ°",
}

// frames are the code page 437 bytes of class box: without those that begin no
// UTF-8 sequence and the plain horizontal line.
const frames, notFrames = 0xb0, "└┴─"

var classTable = sync.OnceValue(func() map[rune]class {
	t := map[rune]class{}
	for c, list := range members {
		for _, r := range list {
			t[r] |= c
		}
	}
	for _, rule := range rules {
		for _, m := range rule {
			for _, r := range m.runes {
				t[r] |= named
			}
		}
	}
	for b := frames; b < frames+0x30; b++ {
		if r := encodings()[len(encodings())-1].decode[b]; !strings.ContainsRune(notFrames, r) {
			t[r] |= box
		}
	}
	return t
})

func classOf(t map[rune]class, r rune) class {
	if r < 0x80 {
		switch c := inLine; {
		case r >= 'a' && r <= 'z':
			return c | az | latin | wordly
		case r >= 'A' && r <= 'Z':
			return c | latin | wordly
		case r >= '0' && r <= '9', r == '_':
			return c | wordly
		case r == '\n':
			return space
		case isSpace(r):
			return c | space
		default:
			return c
		}
	}
	c := t[r] | inLine
	switch {
	case r <= 0x9f:
		c |= control
	case r == 0x386, r >= 0x388 && r <= 0x38f && unicode.IsUpper(r), r >= 0x391 && r <= 0x3ab, r >= 0x401 && r <= 0x42f:
		c |= foreign
	case r >= 0x3ac && r <= 0x3c9, r >= 0x430 && r <= 0x45f:
		c |= foreign | little
	}
	if isSpace(r) {
		c |= space
	}
	if unicode.IsLetter(r) || unicode.IsNumber(r) {
		c |= wordly
	}
	return c
}

// A member of a rule is a class, named characters, or both.
type member struct {
	class class
	runes string
	not   bool
}

// accented, and what follows, are the unions that rules are made of.
const (
	accented = lower | upper
	marks    = opening | closing
	strange  = accented | box | marks | money | number | legal
)

// Windows-1252 characters of Arabic letters' second bytes.
var arabic = member{class: money | odd | number | opening, runes: "ŸŠ®°µ»\u00a0\u00ad·´–—―…’"}

// rules are sequences that real text hardly holds, and UTF-8 read as something
// else is full of.
var rules = [][]member{
	{{class: control}},
	// Characters that do not meet in any language.
	{{class: odd | strange}, {class: odd}},
	{{class: odd}, {class: strange}},
	{{class: latin}, {class: foreign}, {class: odd}},
	{{class: lower | little | box | closing | money | number}, {class: upper}},
	{{class: box | closing | money | number}, {class: lower}},
	{{class: lower | box | closing}, {class: money}},
	{{class: upper | box}, {class: number | legal}},
	{{class: money | number | box}, {class: opening}},
	{{class: box}, {class: face | closing}},
	{{class: accented | money | number | marks | legal}, {class: box}},
	{{class: space}, {class: upper}, {class: money}},
	{{class: az}, {class: upper}, {class: opening | money}},
	{{class: accented | box | money | closing}, {class: opening}, {class: number}},
	{{class: accented | box | money | number | legal}, {class: closing}, {class: opening}},
	{{class: accented}, {class: marks}, {class: wordly}},
	{{class: upper}, {runes: "°"}},
	{{runes: "Œœ"}, {class: latin, not: true}},
	// Windows-1252: Latin, Greek and Cyrillic letters, then Arabic, then Indic ones.
	{{runes: "ÂÃÎÐ"}, {class: marks, runes: "€œŠš¢£Ÿž\u00a0\u00ad®©°·»–—´"}},
	{{runes: "Ã"}, {runes: "\u00a0¡"}},
	{{class: az}, {runes: "ÂÃ"}, {runes: " "}},
	{{class: az}, {class: space}, {runes: "ÂÃ"}, {runes: " "}},
	{{class: start}, {runes: "ÂÃ"}, {runes: " "}},
	{{class: az | closing, runes: ".,?!"}, {runes: "Â"}, {class: marks, runes: " "}},
	{{runes: "×"}, {runes: "²³"}},
	{{runes: "ØÙ"}, arabic, {runes: "ØÙ"}, arabic},
	{{runes: "à"}, {runes: "²µ¹¼½¾"}},
	// Mac Roman.
	{{runes: "√"}, {runes: "±∂†≠®™´≤≥¥µø"}},
	{{runes: "≈"}, {runes: "°¢"}},
	{{runes: "‚"}, {runes: "Ä"}, {runes: "ìîïòôúùû†°¢π"}},
	{{runes: "‚"}, {runes: "âó"}, {runes: "àä°ê"}},
	// Windows-1251, 1253 and 1257.
	{{runes: "в"}, {runes: "Ђ"}},
	{{runes: "ВГРС"}, {class: control | odd | marks | money, runes: "°µ"}, {runes: "ВГРС"}},
	{{runes: "Г"}, {runes: "ў"}, {runes: "В"}, {runes: "Ђ"}, {runes: "В"}, {class: inLine}, {class: latin, runes: " "}},
	{{runes: "β"}, {runes: "€"}, {runes: "™\u00a0Ά\u00ad®°"}},
	{{runes: "ΒΓΞΟ"}, {class: control | odd | marks | money, runes: "°"}, {runes: "ΒΓΞΟ"}},
	{{runes: "ā"}, {runes: "€"}},
}

// looksBad reports whether text holds a sequence that suggests a wrong decoding.
func looksBad(s string) bool {
	if isASCII(s) {
		return false
	}
	t := classTable()
	text := append([]rune{-1}, []rune(s)...)
	is := make([]class, len(text))
	is[0] = start
	for i, r := range text[1:] {
		is[i+1] = classOf(t, r)
	}
	for i := range text {
		// Every rule has a character of its own among its first three.
		if !slices.ContainsFunc(is[i:min(i+3, len(is))], func(c class) bool { return c&^common != 0 }) {
			continue
		}
		for _, rule := range rules {
			if follows(rule, text[i:], is[i:]) {
				return true
			}
		}
	}
	return false
}

func follows(rule []member, text []rune, is []class) bool {
	if len(rule) > len(text) {
		return false
	}
	for i, m := range rule {
		in := is[i]&m.class != 0 || m.runes != "" && strings.ContainsRune(m.runes, text[i])
		if in == m.not {
			return false
		}
	}
	return true
}

// isASCII reports whether nothing in s could be wrong.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
