package clean

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"kinora/inference/golden"
)

func TestGoldenTextClean(t *testing.T) {
	var set struct {
		Cases []struct {
			Text  string `json:"text"`
			Fixed string `json:"after_fix_text"`
			Basic string `json:"after_basic_clean"`
			Clean string `json:"cleaned"`
		} `json:"cases"`
	}
	golden.JSON(t, "text_clean", &set)
	if len(set.Cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range set.Cases {
		if got := fix(c.Text); got != c.Fixed {
			t.Errorf("fix %+q:\n%+q, want\n%+q", c.Text, got, c.Fixed)
		}
		if got := basic(c.Text); got != c.Basic {
			t.Errorf("basic %+q:\n%+q, want\n%+q", c.Text, got, c.Basic)
		}
		if got := Prompt(c.Text); got != c.Clean {
			t.Errorf("prompt %+q:\n%+q, want\n%+q", c.Text, got, c.Clean)
		}
	}
}

// Damaged texts and what the reference makes of them; see testdata/make.py.
func TestFixtures(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "lines.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Text, Want string }
	if err := json.Unmarshal(b, &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, c := range cases {
		if got := Prompt(c.Text); got != c.Want {
			t.Errorf("%+q:\n%+q, want\n%+q", c.Text, got, c.Want)
		}
	}
}

func TestLongPrompts(t *testing.T) {
	for _, s := range []string{"a", " ", "&", "&#", "Ã", "Â ", "â€", "\x00", "\xff", "ＡＢ", "e\u0301\u0302", "\u0301", "\x1b[", "ðŸ", "<&amp;", "Ã¼ "} {
		long := strings.Repeat(s, 100_000/len(s))
		if got := Prompt(long); !utf8.ValidString(got) {
			t.Errorf("%q…: not UTF-8", s)
		}
	}
}

func FuzzPrompt(f *testing.F) {
	for _, s := range []string{"", "plain", "schÃ¶n", "&amp;lt;b", "Ｆ\u3000", "\xff\xfe", "e\u0301", "&#x80;&#55296;", "\x1b[31mred", "â€œquoteâ€\u009d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Prompt(s)
		if !utf8.ValidString(got) {
			t.Fatalf("%q becomes %q, not UTF-8", s, got)
		}
		if got != spaces(got) {
			t.Fatalf("%q becomes %q, which has loose blanks", s, got)
		}
	})
}

func BenchmarkPrompt(b *testing.B) {
	for name, s := range map[string]string{
		"ascii":   strings.Repeat("a shiba dog in a space suit plants potatoes on Mars, ", 200),
		"chinese": strings.Repeat("色调艳丽，过曝，静态，细节模糊不清，字幕，风格，作品。", 200),
		"damaged": strings.Repeat("Größe, schÃ¶n und Ã¼ber â€œalleâ€\u009d ", 200),
		"hostile": strings.Repeat("Ãz ", 4000),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				Prompt(s)
			}
		})
	}
}
