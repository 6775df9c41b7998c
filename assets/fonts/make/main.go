// Command make cuts the fonts that Kinora ships out of Noto Sans CJK SC, so that
// Chinese and Japanese (and Korean, and emoji through the toolkit's own font) can
// be read on a machine that has no such font. It needs hb-subset (Debian:
// libharfbuzz-bin) and the Noto collection (fonts-noto-cjk), and is run only when
// the set of characters changes:
//
//	go run ./assets/fonts/make
//
// It knows nothing of how the window uses the fonts.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// simplifiedChinese is the place of the SC face in the collection.
const simplifiedChinese = 2

// jinmei are jōyō kanji that JIS X 0208 lacks.
const jinmei = "𠮟塡剝頰"

func main() {
	dir := "/usr/share/fonts/opentype/noto"
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	for _, f := range []struct {
		from, to string
		keep     func(rune) bool
	}{
		{"NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.otf", func(r rune) bool { return chinese(r) || hangul(r) }},
		{"NotoSansCJK-Bold.ttc", "NotoSansSC-Bold.otf", chinese},
	} {
		if err := cut(filepath.Join(dir, f.from), filepath.Join("assets", "fonts", f.to), f.keep); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func cut(from, to string, keep func(rune) bool) error {
	points := []string{"20", "a0"} // spaces after Chinese are set in this face too
	for r := rune(0x2070); r < 0x30000; r++ {
		if keep(r) {
			points = append(points, strconv.FormatInt(int64(r), 16))
		}
	}
	list, err := os.CreateTemp("", "codepoints")
	if err != nil {
		return err
	}
	defer os.Remove(list.Name())
	if _, err := list.WriteString(strings.Join(points, ",")); err != nil {
		return err
	}
	if err := list.Close(); err != nil {
		return err
	}
	cmd := exec.Command("hb-subset", "--face-index="+strconv.Itoa(simplifiedChinese), "--unicodes-file="+list.Name(),
		"--layout-features=", "--no-hinting", "--output-file="+to, from)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("hb-subset %s: %w (is libharfbuzz-bin installed, and fonts-noto-cjk?)", from, err)
	}
	font, err := os.ReadFile(to)
	if err != nil {
		return err
	}
	if err := level(font); err != nil {
		return fmt.Errorf("%s: %w", to, err)
	}
	fmt.Println(to, len(points), "characters")
	return os.WriteFile(to, font, 0o644)
}

// chinese reports whether r is Chinese, Japanese or punctuation between the two.
// General punctuation (U+2000 …) stays with the Latin font: its quotes are narrow.
func chinese(r rune) bool {
	switch {
	case r >= 0x3000 && r < 0x3100, r >= 0x31F0 && r < 0x3200, r >= 0xFF00 && r < 0xFFF0:
		return true // punctuation, kana, halfwidth and fullwidth forms
	case strings.ContainsRune(jinmei, r):
		return true
	}
	if b := encode(simplifiedchinese.GBK, r); len(b) == 2 && b[0] >= 0xA1 && b[0] <= 0xF7 && b[1] >= 0xA1 {
		return true // GB 2312
	}
	if b := encode(japanese.ShiftJIS, r); len(b) == 2 && (b[0] < 0xED || b[0] > 0xFC) {
		return true // JIS X 0208
	}
	b := encode(traditionalchinese.Big5, r)
	return len(b) == 2 && b[0] >= 0xA4 && b[0] <= 0xC6 // Big5, the common half
}

func hangul(r rune) bool {
	b := encode(korean.EUCKR, r) // the codec knows more; KS X 1001 has both bytes high
	return r >= 0xAC00 && r < 0xD7A4 && len(b) == 2 && b[0] >= 0xA1 && b[1] >= 0xA1
}

func encode(e encoding.Encoding, r rune) []byte {
	b, err := e.NewEncoder().Bytes([]byte(string(r)))
	if err != nil {
		return nil
	}
	return b
}
