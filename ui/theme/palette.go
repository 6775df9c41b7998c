package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

type palette map[fyne.ThemeColorName]color.Color

var day = palette{
	theme.ColorNameBackground:          hex(0xF4F5F8),
	Surface:                            hex(0xFFFFFF),
	Sunken:                             hex(0xEBECF1),
	Border:                             hex(0xE2E4EB),
	Muted:                              hex(0x646A7B),
	Tint:                               hex(0xEDECFC),
	theme.ColorNameForeground:          hex(0x1B1D26),
	theme.ColorNamePlaceHolder:         hex(0x81879A),
	theme.ColorNameDisabled:            hex(0xA7ABB8),
	theme.ColorNamePrimary:             hex(0x5751D5),
	theme.ColorNameForegroundOnPrimary: hex(0xFFFFFF),
	theme.ColorNameHyperlink:           hex(0x5751D5),
	theme.ColorNameFocus:               alpha(0x5751D5, 0x2E),
	theme.ColorNameSelection:           alpha(0x5751D5, 0x38),
	theme.ColorNameHover:               alpha(0x1B1D26, 0x0F),
	theme.ColorNamePressed:             alpha(0x1B1D26, 0x20),
	theme.ColorNameButton:              hex(0xEEEFF4),
	theme.ColorNameDisabledButton:      hex(0xEDEEF2),
	theme.ColorNameInputBackground:     hex(0xF8F9FB),
	theme.ColorNameInputBorder:         hex(0xE3E5EC),
	theme.ColorNameMenuBackground:      hex(0xFFFFFF),
	theme.ColorNameOverlayBackground:   hex(0xFFFFFF),
	theme.ColorNameHeaderBackground:    hex(0xFFFFFF),
	theme.ColorNameSeparator:           hex(0xE2E4EB),
	theme.ColorNameShadow:              alpha(0x1B1D26, 0x2A),
	theme.ColorNameScrollBar:           alpha(0x1B1D26, 0x48),
	theme.ColorNameScrollBarBackground: color.Transparent,
	theme.ColorNameError:               hex(0xB8323A),
	theme.ColorNameSuccess:             hex(0x23875A),
	theme.ColorNameWarning:             hex(0x9A6400),
}

var night = palette{
	theme.ColorNameBackground:          hex(0x111217),
	Surface:                            hex(0x1A1C23),
	Sunken:                             hex(0x0C0D11),
	Border:                             hex(0x2A2D38),
	Muted:                              hex(0x9AA0B2),
	Tint:                               hex(0x26264A),
	theme.ColorNameForeground:          hex(0xECEDF3),
	theme.ColorNamePlaceHolder:         hex(0x7D8396),
	theme.ColorNameDisabled:            hex(0x5E6373),
	theme.ColorNamePrimary:             hex(0x8581F6),
	theme.ColorNameForegroundOnPrimary: hex(0x12122A),
	theme.ColorNameHyperlink:           hex(0x9E9BF8),
	theme.ColorNameFocus:               alpha(0x8581F6, 0x3C),
	theme.ColorNameSelection:           alpha(0x8581F6, 0x4A),
	theme.ColorNameHover:               alpha(0xFFFFFF, 0x12),
	theme.ColorNamePressed:             alpha(0xFFFFFF, 0x24),
	theme.ColorNameButton:              hex(0x272A34),
	theme.ColorNameDisabledButton:      hex(0x21232B),
	theme.ColorNameInputBackground:     hex(0x14161C),
	theme.ColorNameInputBorder:         hex(0x333746),
	theme.ColorNameMenuBackground:      hex(0x22252E),
	theme.ColorNameOverlayBackground:   hex(0x1E2028),
	theme.ColorNameHeaderBackground:    hex(0x1E2028),
	theme.ColorNameSeparator:           hex(0x2A2D38),
	theme.ColorNameShadow:              alpha(0x000000, 0x80),
	theme.ColorNameScrollBar:           alpha(0xFFFFFF, 0x48),
	theme.ColorNameScrollBarBackground: color.Transparent,
	theme.ColorNameError:               hex(0xF0757A),
	theme.ColorNameForegroundOnError:   hex(0x2A0D0E),
	theme.ColorNameSuccess:             hex(0x5CC794),
	theme.ColorNameWarning:             hex(0xE5B45A),
}

func hex(c uint32) color.Color { return alpha(c, 0xFF) }

func alpha(c uint32, a uint8) color.Color {
	return color.NRGBA{R: uint8(c >> 16), G: uint8(c >> 8), B: uint8(c), A: a}
}
