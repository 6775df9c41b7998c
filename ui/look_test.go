package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"kinora/app/job"
)

// What a person sees of the panes, kept as text. The theme's own fonts make the
// sizes the same everywhere.
func TestPanesLookAsKept(t *testing.T) {
	f := newFake()
	r := newRig(t, f)
	r.compose.prompt.SetText("a robot dances on a spaceship")
	r.compose.setSeed(42)
	r.wait(1e9)
	test.Tap(r.compose.generate)
	test.Tap(r.compose.generate)
	r.settle()
	r.compose.setSeed(42)
	r.f.step(id(1), job.Running, denoising(3, 8, nil))
	r.f.step(id(2), job.Failed, func(j *job.Job) { j.Err = "not enough memory: try 256 × 192" })
	r.settle()
	for _, v := range []struct {
		name string
		pane fyne.CanvasObject
		size fyne.Size
	}{
		{"compose.xml", r.compose.content(), fyne.NewSize(352, 740)},
		{"queue.xml", r.queue.content(), fyne.NewSize(300, 200)},
	} {
		w := test.NewWindow(v.pane)
		w.Resize(v.size)
		test.AssertRendersToMarkup(t, v.name, w.Canvas())
		w.Close()
	}
}
