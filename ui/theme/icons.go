package theme

import (
	"embed"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

//go:embed icons/*.svg
var icons embed.FS

// An Icon names one of Kinora's own pictures, drawn in the colour of the text.
type Icon string

// The icons.
const (
	Dice     Icon = "dice"
	Lock     Icon = "lock"
	Unlock   Icon = "unlock"
	Loop     Icon = "loop"
	Spark    Icon = "spark"
	Compare  Icon = "compare"
	Actual   Icon = "actual"
	StepBack Icon = "stepback"
	StepNext Icon = "stepnext"
	Reuse    Icon = "reuse"
	Down     Icon = "down"
	Right    Icon = "right"
)

// Resource is the icon as the toolkit takes it.
func (i Icon) Resource() fyne.Resource {
	name := "icons/" + string(i) + ".svg"
	b, err := icons.ReadFile(name)
	if err != nil {
		return theme.BrokenImageIcon()
	}
	return theme.NewThemedResource(fyne.NewStaticResource(string(i)+".svg", b))
}
