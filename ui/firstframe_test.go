package ui

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"kinora/app/studio"
	"kinora/ui/widgets"
)

func TestPathsAsPeoplePasteThem(t *testing.T) {
	home, err := os.UserHomeDir()
	if err != nil {
		t.Skip(err)
	}
	for text, want := range map[string]string{
		"/pictures/shoe.png":             "/pictures/shoe.png",
		"  /pictures/my shoe.png \n":     "/pictures/my shoe.png",
		`"/pictures/shoe.png"`:           "/pictures/shoe.png",
		"'/pictures/shoe.png'":           "/pictures/shoe.png",
		"file:///pictures/my%20shoe.png": "/pictures/my shoe.png",
		"file:///%E9%9E%8B.png":          "/鞋.png",
		"~/shoe.png":                     filepath.Join(home, "shoe.png"),
		"~shoe.png":                      "~shoe.png",
		"100%.png":                       "100%.png",
	} {
		if runtime.GOOS == "windows" {
			want = filepath.FromSlash(want)
		}
		if got := pathOf(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestPictureByItsPath(t *testing.T) {
	r := newRig(t, newFake())
	test.Tap(r.compose.image.byPath)
	path, ok := r.Canvas().Focused().(*widgets.Entry)
	if !ok {
		t.Fatalf("in focus is %T", r.Canvas().Focused())
	}
	test.Type(path, "/pictures/good.png")
	press(path, fyne.KeyReturn)
	r.settle()
	if o := r.compose.order(); o.ImagePath != "/pictures/good.png" || o.Image == nil || r.covered() {
		t.Errorf("starts from %q, covered %v", o.ImagePath, r.covered())
	}
}

// A picture is enough to ask for a clip.
func TestPictureAlone(t *testing.T) {
	r := newRig(t, newFake())
	r.compose.image.set("/pictures/good.png")
	r.wait(time.Second)
	if r.compose.generate.Disabled() || len(r.f.checked) == 0 {
		t.Fatal("Generate is disabled, or nobody looked whether it can be done")
	}
	test.Tap(r.compose.generate)
	r.settle()
	if o := r.f.last(t); o.Image == nil || o.Prompt != "" {
		t.Errorf("asked for %+v", o.Request)
	}
	test.Tap(r.compose.image.clear)
	r.wait(time.Second)
	if !r.compose.generate.Disabled() {
		t.Error("a clip can be asked for with nothing to show")
	}
}

// The picture of the last clip comes back with the other settings, and nothing is
// foretold of it; one that is gone is told in a line, and all else is there.
func TestPictureIsRemembered(t *testing.T) {
	f := newFake()
	r := newRig(t, f)
	r.write("a shoe")
	r.compose.image.set("/pictures/good.png")
	r.wait(time.Second)
	test.Tap(r.compose.generate)
	r.settle()
	if got := f.Settings().LastImage; got != "/pictures/good.png" {
		t.Fatalf("kept is %q", got)
	}
	f.forecast, f.foretold = &studio.Forecast{Time: time.Second}, 0
	again := newRig(t, f)
	again.wait(time.Second)
	if o := again.compose.order(); o.ImagePath != "/pictures/good.png" || o.Image == nil || o.Prompt != "a shoe" || f.foretold != 0 {
		t.Errorf("at the next start: %q, %q, foretold %d times", o.ImagePath, o.Prompt, f.foretold)
	}
	test.Tap(again.compose.image.clear)
	again.settle()
	test.Tap(again.compose.generate)
	again.settle()
	if got := f.Settings().LastImage; got != "" {
		t.Errorf("kept is %q after it was taken away", got)
	}
	f.values.LastImage = "/pictures/gone.png"
	gone := newRig(t, f)
	gone.wait(time.Second)
	if o := gone.compose.order(); o.ImagePath != "" || o.Prompt != "a shoe" || gone.covered() || !strings.Contains(gone.over.Message(), "gone.png") {
		t.Errorf("without the picture: %q, %q, covered %v, said %q", o.ImagePath, o.Prompt, gone.covered(), gone.over.Message())
	}
}
