package theme

import (
	"image/color"
	"math"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"golang.org/x/image/font/sfnt"

	"kinora/assets"
)

func TestFontsWriteChineseAndJapaneseAndLeaveLatin(t *testing.T) {
	const both = "一只柴犬穿着宇航服在火星种土豆，。！？：；、（）《》「」『』…宇宙服を着た柴犬が火星でジャガイモを植えるカタカナーひらがな漢字鬱憂叱剝頰！ＡＢＣ１２３ｱｲｳ繁體中文龍鳳"
	for name, c := range map[string]struct {
		font []byte
		text string
	}{"regular": {assets.FontRegular, both + "한국어"}, "bold": {assets.FontBold, both}} {
		f, err := sfnt.Parse(c.font)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var b sfnt.Buffer
		for _, r := range strings.ReplaceAll(c.text, "…", " ") {
			if i, err := f.GlyphIndex(&b, r); err != nil || i == 0 {
				t.Errorf("%s cannot write %q", name, r)
			}
		}
		for _, r := range "AZaz09.,'\"“”é" {
			if i, _ := f.GlyphIndex(&b, r); i != 0 {
				t.Errorf("%s takes %q from the Latin face", name, r)
			}
		}
	}
	if n := len(assets.FontRegular) + len(assets.FontBold); n > 6<<20 {
		t.Errorf("the fonts weigh %d bytes, more than 6 MB", n)
	}
}

func TestTextCanBeReadInBothModes(t *testing.T) {
	a := test.NewApp()
	defer a.Quit()
	for _, m := range []Mode{Light, Dark} {
		k := Kinora{m}
		for _, c := range []struct {
			text, on fyne.ThemeColorName
			want     float64
		}{
			{theme.ColorNameForeground, Surface, 7}, {theme.ColorNameForeground, theme.ColorNameBackground, 7},
			{theme.ColorNameForeground, Tint, 7}, {theme.ColorNameForeground, theme.ColorNameButton, 7},
			{Muted, Surface, 4.5}, {Muted, Sunken, 4.5}, {Muted, theme.ColorNameBackground, 4.5}, {Muted, Tint, 4.5},
			{theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary, 4.5}, {theme.ColorNameError, Surface, 4.5},
			{theme.ColorNameError, Sunken, 4.5}, {theme.ColorNamePlaceHolder, theme.ColorNameInputBackground, 3},
		} {
			if got := contrast(k.Color(c.text, 0), k.Color(c.on, 0)); got < c.want {
				t.Errorf("%s: %s on %s has contrast %.1f, want %.1f", m, c.text, c.on, got, c.want)
			}
		}
	}
}

func TestSystemModeFollowsTheSystem(t *testing.T) {
	a := test.NewApp()
	defer a.Quit()
	if (Kinora{"system"}).Color(Surface, theme.VariantDark) == (Kinora{"system"}).Color(Surface, theme.VariantLight) {
		t.Error("day and night look the same")
	}
	if (Kinora{Dark}).Color(Surface, theme.VariantLight) != night[Surface] {
		t.Error("a chosen mode gives way to the system")
	}
}

func TestEveryIconIsThere(t *testing.T) {
	for _, i := range []Icon{Dice, Lock, Unlock, Loop, Spark, Compare, Actual, StepBack, StepNext, Reuse, Down, Right} {
		if i.Resource() == theme.BrokenImageIcon() {
			t.Errorf("no picture for %s", i)
		}
	}
}

// contrast is WCAG's ratio.
func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	lin := func(v uint32) float64 {
		f := float64(v) / 0xFFFF
		if f <= .03928 {
			return f / 12.92
		}
		return math.Pow((f+.055)/1.055, 2.4)
	}
	return .2126*lin(r) + .7152*lin(g) + .0722*lin(b)
}
