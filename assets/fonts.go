package assets

import _ "embed"

// FontRegular and FontBold are Noto Sans SC without Latin letters: Chinese,
// Japanese, Korean syllables (regular only) and their punctuation. Licence:
// fonts/OFL.txt.
var (
	//go:embed fonts/NotoSansSC-Regular.otf
	FontRegular []byte
	//go:embed fonts/NotoSansSC-Bold.otf
	FontBold []byte
)

// Icon is the program's picture, a PNG of 512 × 512.
//
//go:embed icon.png
var Icon []byte
