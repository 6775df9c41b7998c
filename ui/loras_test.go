package ui

import (
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"kinora/inference"
)

func (r *rig) loras(t *testing.T) []inference.LoRA {
	t.Helper()
	test.Tap(r.compose.generate)
	r.settle()
	return r.f.last(t).LoRAs
}

func TestLoRAsAreLaidOn(t *testing.T) {
	r := newRig(t, newFake())
	r.write("a dog")
	field := r.compose.loras
	items := field.items()
	if len(items) != 4 || items[0].Label != "ink  ·  Wan2.2 TI2V 5B" || items[1].Label != "paper" {
		t.Fatalf("offered %d", len(items))
	}
	items[0].Action()
	r.wait(time.Second)
	if last := r.f.checked[len(r.f.checked)-1]; len(last.LoRAs) != 1 {
		t.Errorf("a LoRA was added, and nobody checked it: %+v", last.LoRAs)
	}
	r.drop([]fyne.URI{storage.NewFileURI("/clips/mine.safetensors")})
	field.rows[0].strength.Entry().SetText("0.6")
	want := []inference.LoRA{{File: "ink", Strength: .6}, {File: "/clips/mine.safetensors", Strength: 1}}
	if got := r.loras(t); !slices.Equal(got, want) {
		t.Errorf("submitted %v, want %v", got, want)
	}
	if left := field.items(); len(left) != 3 || left[0].Label != "paper" {
		t.Errorf("what is laid on is offered again: %d", len(left))
	}
	field.remove("ink")
	if got := r.loras(t); !slices.Equal(got, want[1:]) {
		t.Errorf("submitted %v, want %v", got, want[1:])
	}
	r.compose.put(inference.Request{Model: "starter", Prompt: "x", LoRAs: want}, "")
	if got := r.loras(t); !slices.Equal(got, want) {
		t.Errorf("settings of a clip gave %v, want %v", got, want)
	}
	if !r.compose.more.IsOpen() {
		t.Error("a clip's LoRAs are not seen")
	}
	r.compose.put(inference.Request{Model: "starter", Prompt: "x"}, "")
	if got := r.loras(t); len(got) != 0 {
		t.Errorf("LoRAs stay from another clip: %v", got)
	}
}

func TestPresets(t *testing.T) {
	f := newFake()
	r := newRig(t, f)
	r.write("a dog")
	c := r.compose
	c.sampler.SetOptions(append(c.sampler.Options, "dmd"))
	if c.preset.Selected != "None" {
		t.Errorf("it begins with %q", c.preset.Selected)
	}
	for i, p := range inference.Presets {
		c.preset.SetSelectedIndex(i + 1)
		test.Tap(c.generate)
		r.settle()
		got := r.f.last(t).Request
		if got.Steps != p.Steps || got.Sampler != "dmd" || got.Guidance != 1 || got.Shift != p.Shift || c.preset.SelectedIndex() != i+1 {
			t.Errorf("%s: %+v", p.Name, got)
		}
	}
	c.steps.Slider().SetValue(7)
	if c.preset.Selected != "None" {
		t.Errorf("with other steps it is still %q", c.preset.Selected)
	}
	c.preset.SetSelectedIndex(1)
	c.preset.SetSelectedIndex(0)
	test.Tap(c.generate)
	r.settle()
	if got, d := r.f.last(t).Request, starter.Default; got.Steps != d.Steps || got.Sampler != d.Sampler || got.Guidance != d.Guidance {
		t.Errorf("without a preset: %+v", got)
	}
}
