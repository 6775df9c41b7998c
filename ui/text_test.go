package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"fyne.io/fyne/v2/theme"
	"golang.org/x/image/font/sfnt"

	"kinora/app/export"
	told "kinora/app/locale/chinese"
	"kinora/app/settings"
	"kinora/assets"
)

// said lists what the window can say: the literals it passes to say, and the
// tables whose words it passes on.
func said(t *testing.T) map[string]token.Position {
	t.Helper()
	words := map[string]token.Position{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			name := ""
			switch f := call.Fun.(type) {
			case *ast.SelectorExpr:
				name = f.Sel.Name
			case *ast.Ident:
				name = f.Name
			}
			if lit, ok := call.Args[0].(*ast.BasicLit); ok && lit.Kind == token.STRING && (name == "say" || name == "line" || name == "help" || name == "item" || name == "add") {
				s, _ := strconv.Unquote(lit.Value)
				words[s] = set.Position(lit.Pos())
			}
			return true
		})
	}
	for _, name := range partNames {
		words[name] = token.Position{Filename: "partNames"}
	}
	for _, s := range situations {
		words[s.name] = token.Position{Filename: "situations"}
	}
	for _, s := range stages {
		words[s] = token.Position{Filename: "stages"}
	}
	for _, s := range choices {
		words[s] = token.Position{Filename: "choices"}
	}
	for _, i := range settings.Table() {
		words[i.Label] = token.Position{Filename: "settings"}
		words[i.Help] = token.Position{Filename: "settings"}
		for _, c := range i.Choices {
			words[or(choices[c], c)] = token.Position{Filename: "settings"}
		}
	}
	for _, f := range export.Formats() {
		words[f.Title] = token.Position{Filename: "formats"}
	}
	return words
}

func TestEverythingIsSaidInChinese(t *testing.T) {
	words := said(t)
	if len(words) < 80 {
		t.Fatalf("only %d words found: the search for them is broken", len(words))
	}
	for s, at := range words {
		zh, ok := chinese[s]
		if !ok {
			t.Errorf("%s: %q has no Chinese", at, s)
		}
		if strings.Count(zh, "%") != strings.Count(s, "%") {
			t.Errorf("%q and %q take different values", s, zh)
		}
	}
}

// The machine may have no fonts but the toolkit's and ours.
func TestEveryLetterCanBeDrawn(t *testing.T) {
	var faces []*sfnt.Font
	for _, b := range [][]byte{assets.FontBold, theme.DefaultTextFont().Content()} {
		f, err := sfnt.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		faces = append(faces, f)
	}
	var b sfnt.Buffer
	words := said(t)
	for _, zh := range toolkitWords {
		words[zh] = token.Position{Filename: "toolkit.go"}
	}
	told.Sentences(func(_, zh string) { words[zh] = token.Position{Filename: "app/locale/chinese"} })
	for en := range words {
		for _, r := range en + chinese[en] {
			if !slices.ContainsFunc(faces, func(f *sfnt.Font) bool { i, err := f.GlyphIndex(&b, r); return err == nil && i != 0 }) {
				t.Errorf("%q in %q is in no font", r, en)
			}
		}
	}
}

func TestLanguageFollowsSettingThenLocale(t *testing.T) {
	for _, c := range []struct{ setting, locale, want string }{
		{"system", "zh-Hans-CN", "生成"}, {"", "zh", "生成"}, {"system", "de", "Generate"},
		{"en", "zh", "Generate"}, {"zh", "en", "生成"},
	} {
		if got := speak(c.setting, c.locale).say("Generate"); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
