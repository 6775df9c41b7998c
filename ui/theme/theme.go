// Package theme is how Kinora looks: one palette for day and one for night, one
// accent, sizes with room to breathe, and type that can write Chinese and
// Japanese on a machine without fonts for them. It does not know what is shown.
package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"kinora/assets"
)

// Colours of our own, beside the toolkit's.
const (
	Surface fyne.ThemeColorName = "surface" // what panels are made of
	Sunken  fyne.ThemeColorName = "sunken"  // wells: the stage, tracks
	Border  fyne.ThemeColorName = "border"
	Muted   fyne.ThemeColorName = "muted" // text that can wait
	Tint    fyne.ThemeColorName = "tint"  // a wash of the accent
)

// Sizes of our own.
const (
	Radius fyne.ThemeSizeName = "radius" // corners of panels
	Gap    fyne.ThemeSizeName = "gap"    // between panels, and inside them
)

// A Mode says when to be light.
type Mode string

// The modes; any other word means System.
const (
	System Mode = "system"
	Light  Mode = "light"
	Dark   Mode = "dark"
)

var (
	regular = fyne.NewStaticResource("NotoSansSC-Regular.otf", assets.FontRegular)
	bold    = fyne.NewStaticResource("NotoSansSC-Bold.otf", assets.FontBold)
)

// Kinora is the theme.
type Kinora struct{ Mode Mode }

// Color gives the palette's colour, or the toolkit's where the palette has none.
func (k Kinora) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch k.Mode {
	case Light:
		v = theme.VariantLight
	case Dark:
		v = theme.VariantDark
	}
	p := night
	if v == theme.VariantLight {
		p = day
	}
	if c, ok := p[n]; ok {
		return c
	}
	return theme.DefaultTheme().Color(n, v)
}

// Font adds Chinese and Japanese: the toolkit takes from it what it has, and goes
// on to its own face of the same style for Latin.
func (Kinora) Font(s fyne.TextStyle) fyne.Resource {
	switch {
	case s.Monospace || s.Symbol:
		return theme.DefaultTheme().Font(s)
	case s.Bold:
		return bold
	}
	return regular
}

// Icon gives the toolkit's icon.
func (Kinora) Icon(n fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(n) }

// Size gives our size, or the toolkit's where we have none.
func (Kinora) Size(n fyne.ThemeSizeName) float32 {
	if s, ok := sizes[n]; ok {
		return s
	}
	return theme.DefaultTheme().Size(n)
}

var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNamePadding:         5,
	theme.SizeNameInnerPadding:    7,
	theme.SizeNameText:            13.5,
	theme.SizeNameCaptionText:     11.5,
	theme.SizeNameSubHeadingText:  16,
	theme.SizeNameHeadingText:     20,
	theme.SizeNameInputRadius:     8,
	theme.SizeNameSelectionRadius: 6,
	theme.SizeNameInlineIcon:      18,
	theme.SizeNameInputBorder:     1,
	theme.SizeNameScrollBar:       9,
	theme.SizeNameScrollBarSmall:  4,
	theme.SizeNameScrollBarRadius: 4,
	theme.SizeNameLineSpacing:     4,
	Radius:                        12,
	Gap:                           12,
}
