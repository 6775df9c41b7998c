package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"kinora/app/job"
	"kinora/app/studio"
	"kinora/inference"
	"kinora/ui/widgets"
)

func TestGenerateSubmitsWhatTheControlsSay(t *testing.T) {
	r := newRig(t, newFake())
	if !r.compose.generate.Disabled() {
		t.Error("Generate can be pressed with no prompt")
	}
	r.write("a red square moves to the right")
	r.compose.steps.Slider().SetValue(12)
	r.compose.frames.Entry().SetText("30")
	r.compose.sampler.SetSelected("euler")
	r.compose.seed.SetText("99")
	r.compose.negative.SetText("blur")
	r.compose.guidance.Entry().SetText("4.5")
	r.compose.size.choice.SetSelectedIndex(1) // square
	test.Tap(r.compose.generate)
	r.settle()
	got := r.f.last(t).Request
	want := inference.Request{Model: "starter", Prompt: "a red square moves to the right", Negative: "blur", Width: 192, Height: 192,
		Frames: 30, FPS: 15, Steps: 12, Guidance: 4.5, Sampler: "euler", Shift: 3, Seed: 99}
	if got.Prompt != want.Prompt || got.Negative != want.Negative || got.Width != want.Width || got.Height != want.Height ||
		got.Frames != want.Frames || got.FPS != want.FPS || got.Steps != want.Steps || got.Guidance != want.Guidance ||
		got.Sampler != want.Sampler || got.Shift != want.Shift || got.Seed != want.Seed || got.Model != want.Model {
		t.Errorf("submitted\n%+v, want\n%+v", got, want)
	}
}

func TestShortcutsAndSeeds(t *testing.T) {
	r := newRig(t, newFake())
	r.write("a dog")
	r.compose.prompt.TypedShortcut(ctrlEnter)
	r.settle()
	first := r.f.last(t).Seed
	r.compose.prompt.TypedShortcut(ctrlEnter)
	r.settle()
	if second := r.f.last(t).Seed; second == first {
		t.Error("an unlocked seed stayed the same")
	} else if r.compose.lock(true); r.compose.seedValue() != second {
		t.Error("the seed shown is not the one used last")
	}
	seed := r.compose.seedValue()
	r.compose.prompt.TypedShortcut(ctrlEnter)
	r.settle()
	if r.f.last(t).Seed != seed {
		t.Error("a locked seed changed")
	}
	r.compose.prompt.TypedShortcut(ctrlF)
	if r.Canvas().Focused() != r.gallery.field {
		t.Error("Ctrl+F does not go to the search")
	}
	if test.Type(r.compose.prompt, "\t"); strings.Contains(r.compose.prompt.Text, "\t") && r.compose.prompt.AcceptsTab() {
		t.Error("a Tab cannot leave the prompt")
	}
}

func TestOneClipPerLine(t *testing.T) {
	r := newRig(t, newFake())
	r.compose.prompt.SetText("buy one\n\n buy two \nbuy three")
	r.compose.lines.SetChecked(true)
	r.wait(time.Second)
	if !strings.Contains(r.compose.lines.Text, "3") {
		t.Errorf("the box says %q", r.compose.lines.Text)
	}
	test.Tap(r.compose.generate)
	r.settle()
	if n := r.f.count(); n != 3 {
		t.Fatalf("%d jobs, want 3", n)
	}
	for i, want := range []string{"buy one", "buy two", "buy three"} {
		if got := r.f.orders[i].Prompt; got != want {
			t.Errorf("job %d: %q, want %q", i, got, want)
		}
	}
	if r.queue.title.Content != "Queue · 3" {
		t.Errorf("the queue says %q", r.queue.title.Content)
	}
}

func TestNotesAndRefusals(t *testing.T) {
	r := newRig(t, newFake())
	r.write("a spaceship")
	if !strings.Contains(r.compose.note.label.Text, "spaceship") || r.compose.generate.Disabled() {
		t.Errorf("note %q, Generate disabled %v", r.compose.note.label.Text, r.compose.generate.Disabled())
	}
	r.compose.prompt.SetText("bad \x01")
	r.wait(time.Second)
	if !strings.HasPrefix(r.compose.note.label.Text, "The prompt holds control characters") || !r.compose.generate.Disabled() {
		t.Errorf("refusal %q, Generate disabled %v", r.compose.note.label.Text, r.compose.generate.Disabled())
	}
	r.write("a dog")
	if r.compose.note.Visible() || r.compose.generate.Disabled() {
		t.Error("the refusal stays though its reason is gone")
	}
	r.f.refuse = errors.New("the queue is full")
	test.Tap(r.compose.generate)
	r.settle()
	if r.Canvas().Overlays().Top() == nil {
		t.Error("a refused order is not told")
	}
}

func TestProgressPreviewAndFinish(t *testing.T) {
	r := newRig(t, newFake())
	r.write("a dog")
	test.Tap(r.compose.generate)
	r.settle()
	q := starter.Default
	q.Width, q.Height, q.Frames = 32, 24, 9
	r.f.step(id(1), job.Running, denoising(3, 8, film(q)))
	r.settle()
	row := r.queue.rows[id(1)]
	if row == nil || row.Status() != "Denoising  3 of 8  ·  12s left" {
		t.Fatalf("row %v", row)
	}
	if r.stage.player.Playing() == false || r.stage.live != id(1) {
		t.Error("the preview does not play")
	}
	r.wait(210 * time.Millisecond)
	if got := r.stage.player.At(); got != 3 {
		t.Errorf("after 0.2 s at 15 frames a second frame %d shows, want 3", got)
	}
	r.f.step(id(1), job.Done, nil)
	r.settle()
	if len(r.queue.rows) != 0 || r.stage.entry() == nil || r.stage.entry().ID != id(1) {
		t.Error("the finished clip did not take the stage")
	}
	if len(r.gallery.entries) != 1 {
		t.Error("the history does not show the new clip")
	}
	if r.compose.cancel.Disabled() == false {
		t.Error("Cancel can be pressed with nothing to cancel")
	}
}

func TestExamplesAreInTheWindowsLanguage(t *testing.T) {
	all := newFake().Examples("")
	if got := speech(nil).native(all, "characters"); len(got) != 1 || got[0] != "a robot dances in the street" {
		t.Errorf("English: %q", got)
	}
	if got := chinese.native(all, "characters"); len(got) != 1 || got[0] != "一只柴犬穿着宇航服在火星种土豆" {
		t.Errorf("Chinese: %q", got)
	}
	if got := chinese.native(all, "class"); len(got) != 2 {
		t.Errorf("with none in Chinese: %q", got)
	}
	r := newRig(t, newFake())
	if n := len(r.compose.examples.Objects); n != 4 {
		t.Fatalf("%d chips, want 4", n)
	}
	test.Tap(r.compose.examples.Objects[1].(*widgets.Chip))
	if !r.covered() {
		t.Fatal("the chip opens no menu")
	}
	r.compose.items([]string{"a red shoe spins on a white background"})[0].Action()
	if r.compose.prompt.Text != "a red shoe spins on a white background" {
		t.Errorf("the example wrote %q", r.compose.prompt.Text)
	}
}

func TestCancel(t *testing.T) {
	for name, press := range map[string]func(*rig){
		"button": func(r *rig) { test.Tap(r.compose.cancel) },
		"escape": func(r *rig) { r.compose.prompt.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape}) },
		"row":    func(r *rig) { test.Tap(r.queue.rows[id(1)].Drop) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, newFake())
			r.write("a dog")
			test.Tap(r.compose.generate)
			test.Tap(r.compose.generate)
			r.settle()
			r.f.step(id(1), job.Running, nil)
			r.settle()
			press(r)
			r.settle()
			if r.f.state(id(1)) != job.Cancelled || r.f.state(id(2)) != job.Queued {
				t.Errorf("states %s, %s; want the running one cancelled", r.f.state(id(1)), r.f.state(id(2)))
			}
			if r.queue.rows[id(1)] != nil {
				t.Error("the cancelled job stays in the queue")
			}
		})
	}
}

func TestFailureSaysWhyAndCanBeTriedAgain(t *testing.T) {
	r := newRig(t, newFake())
	r.write("a dog")
	test.Tap(r.compose.generate)
	r.settle()
	r.f.step(id(1), job.Failed, func(j *job.Job) { j.Err = "not enough memory: try 256 × 192" })
	r.settle()
	row := r.queue.rows[id(1)]
	if row == nil || row.Problem() != "not enough memory: try 256 × 192" {
		t.Fatal("the failed job does not say why")
	}
	test.Tap(row.Retry)
	r.settle()
	if r.f.count() != 2 || r.f.orders[0].Seed != r.f.orders[1].Seed {
		t.Error("Try again does not submit the same order")
	}
	if r.queue.rows[id(1)] != nil {
		t.Error("the failed row stays after another try")
	}
}

func TestHistorySearchUseDeleteUndo(t *testing.T) {
	f := newFake()
	ids := f.made("a dog runs", "一只柴犬", "a red shoe")
	r := newRig(t, f)
	if len(r.gallery.entries) != 3 {
		t.Fatalf("%d clips, want 3", len(r.gallery.entries))
	}
	test.Type(r.gallery.field, "柴犬")
	r.wait(time.Second)
	if len(r.gallery.entries) != 1 || r.gallery.entries[0].ID != ids[1] {
		t.Fatalf("found %v", r.gallery.entries)
	}
	r.gallery.tap(r.gallery.entries[0], 0)
	r.settle()
	test.Tap(r.stage.use)
	r.wait(time.Second)
	if r.compose.prompt.Text != "一只柴犬" || !r.compose.locked || r.compose.seedValue() != 1 {
		t.Errorf("settings taken over: %q, locked %v, seed %d", r.compose.prompt.Text, r.compose.locked, r.compose.seedValue())
	}
	test.Tap(r.stage.again)
	r.settle()
	if got := f.last(t); got.Prompt != "一只柴犬" || got.Seed != 1 {
		t.Errorf("ran again %+v", got)
	}
	r.gallery.tap(r.gallery.entries[0], 0)
	r.settle()
	r.key(&fyne.KeyEvent{Name: fyne.KeyDelete})
	r.settle()
	if len(r.gallery.entries) != 0 || r.over.Message() != "Clip deleted" {
		t.Fatalf("after Del: %d clips, message %q", len(r.gallery.entries), r.over.Message())
	}
	test.Tap(r.over.Action())
	r.settle()
	if len(r.gallery.entries) != 1 {
		t.Error("Undo did not bring the clip back")
	}
}

func TestCompareInStep(t *testing.T) {
	f := newFake()
	f.made("one", "two", "three")
	r := newRig(t, f)
	test.Tap(r.gallery.compare)
	for _, e := range r.gallery.entries {
		r.gallery.tap(e, 0)
	}
	r.settle()
	if len(r.stage.entries) != 3 || r.stage.entry() != nil {
		t.Fatalf("%d clips side by side, want 3", len(r.stage.entries))
	}
	r.wait(210 * time.Millisecond)
	if at := r.stage.player.At(); at != 3 {
		t.Errorf("frame %d, want 3", at)
	}
	if !r.stage.export.Disabled() {
		t.Error("Export is offered for several clips")
	}
}

func TestDrop(t *testing.T) {
	r := newRig(t, newFake())
	r.drop([]fyne.URI{storage.NewFileURI("/clips/ball.mp4")})
	r.wait(time.Second)
	o := r.compose.order()
	if o.Prompt != "a blue ball bounces" || o.Seed != 18446744073709551615 || o.Steps != 12 || o.Height != 256 || !r.compose.locked {
		t.Errorf("restored %+v", o.Request)
	}
	r.drop([]fyne.URI{storage.NewFileURI("/pictures/good.jpg")})
	r.settle()
	if r.compose.order().Image == nil || r.compose.order().ImagePath != "/pictures/good.jpg" {
		t.Error("a dropped image is not the first frame")
	}
	r.drop([]fyne.URI{storage.NewFileURI("/pictures/good.png")}) // no settings in it
	r.settle()
	if r.compose.order().ImagePath != "/pictures/good.png" {
		t.Error("a plain PNG is not the first frame")
	}
	test.Tap(r.compose.image.clear)
	if r.compose.order().Image != nil {
		t.Error("the image cannot be taken away")
	}
	r.drop([]fyne.URI{storage.NewFileURI("/notes.txt")})
	r.settle()
	if r.Canvas().Overlays().Top() == nil {
		t.Error("a file of no use is not told")
	}
}

func TestSizesAreMultiplesOfTheStep(t *testing.T) {
	r := newRig(t, newFake())
	s := r.compose.size
	s.choice.SetSelectedIndex(len(s.choice.Options) - 1)
	for _, c := range []struct{ typed, want string }{{"250", "256"}, {"7", "16"}, {"9999", "512"}, {"-3", "512"}, {"wide", "512"}} {
		s.width.SetText(c.typed)
		s.read()
		if s.width.Text != c.want {
			t.Errorf("%s becomes %s, want %s", c.typed, s.width.Text, c.want)
		}
	}
}

func TestAnotherModelBringsItsDefaults(t *testing.T) {
	r := newRig(t, newFake())
	r.write("a dog")
	r.compose.model.SetSelected("Wan2.2 TI2V-5B")
	r.wait(time.Second)
	o := r.compose.order().Request
	if o.Model != "wan" || o.Steps != 50 || o.Frames != 121 || o.Width != 1280 || o.Prompt != "a dog" || o.FPS != 24 {
		t.Errorf("%+v", o)
	}
	if !r.compose.image.choose.Disabled() {
		t.Error("an image is offered to a model that takes none")
	}
}

func TestRemembersWhatWasAskedForLast(t *testing.T) {
	f := newFake()
	f.values.Last = starter.Default
	f.values.Last.Prompt, f.values.Last.Seed, f.values.Last.Steps = "雪の中の猫", 1<<63+1, 21
	r := newRig(t, f)
	if o := r.compose.order(); o.Prompt != "雪の中の猫" || o.Seed != 1<<63+1 || o.Steps != 21 {
		t.Errorf("%+v", o.Request)
	}
}

func TestAsksAreRememberedForTheNextStart(t *testing.T) {
	r := newRig(t, newFake())
	r.write("a cat on the moon")
	test.Tap(r.compose.generate)
	r.settle()
	if last := r.f.Settings().Last; last.Prompt != "a cat on the moon" || last.Seed != r.f.last(t).Seed || last.Width != 256 {
		t.Errorf("remembered %+v", last)
	}
	test.Tap(r.stage.player.LoopButton())
	r.settle()
	if v := r.f.Settings(); v.Loop || v.Last.Prompt == "" {
		t.Errorf("loop %v, last prompt %q", v.Loop, v.Last.Prompt)
	}
}

func TestWindowOpensBeforeTheModelsAreKnown(t *testing.T) {
	f := newFake()
	f.slow = make(chan struct{})
	r := newRigAt(t, f)
	if !r.compose.generate.Disabled() || r.compose.model.PlaceHolder == "" {
		t.Error("a clip can be asked for before there is a model")
	}
	r.drop([]fyne.URI{storage.NewFileURI("/clips/ball.mp4")})
	close(f.slow)
	r.wait(time.Second)
	if o := r.compose.order(); o.Prompt != "a blue ball bounces" || o.Model != "starter" {
		t.Errorf("what was dropped meanwhile was lost: %+v", o.Request)
	}
}

func TestWithoutAnyModelTheReasonIsSaid(t *testing.T) {
	f := newFake()
	f.none = errors.New("no NVIDIA driver was found: choose CPU in the settings")
	r := newRig(t, f)
	if r.compose.note.label.Text != "No NVIDIA driver was found: choose CPU in the settings." || !r.compose.generate.Disabled() {
		t.Errorf("the note says %q", r.compose.note.label.Text)
	}
	f.none = nil
	f.listen(studio.Event{Topic: studio.ModelsChanged})
	r.wait(time.Second)
	r.write("a dog")
	if r.compose.generate.Disabled() {
		t.Error("a model that came later cannot be used")
	}
}

func TestEscapePutsADialogAwayAndLeavesTheJob(t *testing.T) {
	r := newRig(t, newFake())
	r.write("a dog")
	test.Tap(r.compose.generate)
	r.settle()
	r.settings()
	r.key(&fyne.KeyEvent{Name: fyne.KeyEscape})
	r.settle()
	if r.covered() || r.f.state(id(1)) != job.Queued {
		t.Errorf("covered %v, job %s", r.covered(), r.f.state(id(1)))
	}
}

func TestLanguageAndThemeChangeInPlace(t *testing.T) {
	f := newFake()
	f.made("a dog")
	r := newRig(t, f)
	r.write("a cat")
	r.compose.setSeed(5)
	f.values.Language, f.values.Theme = "zh", "dark"
	f.listen(studio.Event{Topic: studio.SettingsChanged})
	r.wait(time.Second)
	if r.compose.generate.Text != "生成" {
		t.Errorf("Generate is called %q", r.compose.generate.Text)
	}
	if r.compose.prompt.Text != "a cat" || r.compose.seedValue() != 5 || len(r.gallery.entries) != 1 {
		t.Error("what was written was lost with the language")
	}
}
