package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"kinora/app/studio"
	"kinora/inference"
	"kinora/ui/widgets"
)

var outlookOfFish = studio.Forecast{Time: 90 * time.Second, Runs: 3, Disk: 2_500_000, Memory: inference.Memory{
	Peak: 7_290_000_000, Room: 8_000_000_000, Host: 774_000_000, Phases: []inference.Phase{
		{Name: "text encoder (7 tokens)", Streamed: 4_900_000_000, Total: 900_000_000},
		{Name: "sums of 4 latents", Total: 1},
		{Name: "denoiser, text in every step", Resident: 5_290_000_000, Rows: 3410, Total: 7_290_000_000},
		{Name: "VAE decoder, tiles of 448×704", Resident: 873_000_000, Tiles: 4, Total: 7_000_000_000},
	}}}

// texts collects all text below an object.
func texts(o fyne.CanvasObject) string {
	var b strings.Builder
	var walk func(fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		switch x := o.(type) {
		case *widgets.Text:
			b.WriteString(x.Content + "\n")
		case *widget.Label:
			b.WriteString(x.Text + "\n")
		case *fyne.Container:
			for _, c := range x.Objects {
				walk(c)
			}
		case fyne.Widget:
			for _, c := range test.WidgetRenderer(x).Objects() {
				walk(c)
			}
		}
	}
	walk(o)
	return b.String()
}

func TestForecastIsShownBeforeGenerating(t *testing.T) {
	f := newFake()
	f.forecast = &outlookOfFish
	r := newRig(t, f)
	if r.compose.outlook.box.Visible() {
		t.Error("a forecast of nothing")
	}
	r.write("a fish")
	if got := texts(r.compose.outlook.box); !r.compose.outlook.box.Visible() || !strings.Contains(got, "about 90 s  ·  7.3 GB of memory  ·  2 MB on disk") {
		t.Errorf("shown %v: %q", r.compose.outlook.box.Visible(), got)
	}
	r.write("")
	if r.compose.outlook.box.Visible() {
		t.Error("the forecast stays without a prompt")
	}
}

// A forecast opens the device: the window alone asks for none.
func TestNothingIsForetoldUnasked(t *testing.T) {
	f := newFake()
	f.forecast = &outlookOfFish
	f.values.Last = inference.Request{Prompt: "a fish", Width: 64, Height: 64, Frames: 5, FPS: 8, Steps: 2}
	r := newRig(t, f)
	if r.compose.prompt.Text != "a fish" || r.compose.outlook.box.Visible() || f.foretold != 0 {
		t.Errorf("%q, %d forecasts", r.compose.prompt.Text, f.foretold)
	}
	r.write("a fish in the sea")
	if !r.compose.outlook.box.Visible() || f.foretold != 1 {
		t.Errorf("after typing, %d forecasts", f.foretold)
	}
}

func TestMemoryPlanSpeaksPlainly(t *testing.T) {
	f := newFake()
	f.forecast = &outlookOfFish
	r := newRig(t, f)
	got := texts(r.planTable(outlookOfFish))
	for _, want := range []string{"Text encoder", "4.9 GB of weights come by block by block", "Denoiser", "5.3 GB of weights stay, in pieces",
		"Decoder", "in 4 tiles", "At most 7.3 GB of 8.0 GB.", "774 MB of the computer's memory", "It takes about 90 s, going by 3 clips before."} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "sums") {
		t.Errorf("too much is told:\n%s", got)
	}
	r.memoryPlan()
	r.settle()
	if r.dialog == nil {
		t.Error("no dialog")
	}
}
