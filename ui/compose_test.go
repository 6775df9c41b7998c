package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
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
	if chips, next := r.compose.examples, r.compose.less; next.Position().Y < chips.Position().Y+chips.MinSize().Height {
		t.Errorf("chips that came late lie over what is below: %v + %v, %v", chips.Position(), chips.MinSize(), next.Position())
	}
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

// Of several clips the first is made first, so it is the one to be watched; what all
// of them take is told, and told better after each.
func TestClipsOfLines(t *testing.T) {
	f := newFake()
	f.forecast = &studio.Forecast{Time: 20 * time.Second, Disk: 1_000_000, Memory: inference.Memory{Peak: 5_000_000}}
	r := newRig(t, f)
	r.write("a cat\na dog\na fox")
	r.compose.lines.SetChecked(true)
	r.wait(300 * time.Millisecond)
	if got := texts(r.compose.outlook.box); !strings.Contains(got, "about 60 s  ·  5 MB of memory  ·  3 MB on disk") {
		t.Errorf("three clips: %q", got)
	}
	test.Tap(r.compose.generate)
	r.settle()
	if r.stage.live != id(1) {
		t.Errorf("%q is watched, not the first", r.stage.live)
	}
	f.forecast = &studio.Forecast{Time: 10 * time.Second}
	r.f.step(id(1), job.Running, denoising(1, 8, nil))
	r.f.step(id(1), job.Done, nil)
	r.settle()
	r.wait(300 * time.Millisecond)
	if got := texts(r.compose.outlook.box); !strings.Contains(got, "about 30 s") {
		t.Errorf("after the first: %q", got)
	}
}

// A note as long as a prompt leaves Generate in the smallest window.
func TestLongNotesLeaveRoom(t *testing.T) {
	r := newRig(t, newFake())
	r.win.Resize(fyne.NewSize(800, 600))
	for _, text := range []string{strings.Repeat("a", 6000), strings.Repeat("字", 6000), strings.Repeat("never taught ", 500)} {
		r.compose.note.set([]string{text}, nil)
		r.settle()
		if h := r.compose.note.MinSize().Height; h > 260 {
			t.Errorf("a note of %d bytes is %v high", len(text), h)
		}
	}
}

// Whether each line is a clip is remembered with the prompt, survives a change of
// language, and is not taken over with the settings of one clip.
func TestOneClipPerLineIsRemembered(t *testing.T) {
	f := newFake()
	r := newRig(t, f)
	r.compose.prompt.SetText("buy one\nbuy two")
	r.compose.lines.SetChecked(true)
	r.wait(time.Second)
	f.values.Language = "zh"
	f.listen(studio.Event{Topic: studio.SettingsChanged})
	r.wait(time.Second)
	if !r.compose.lines.Checked || len(r.compose.prompts()) != 2 {
		t.Error("lost with the language")
	}
	test.Tap(r.compose.generate)
	r.settle()
	r = newRig(t, f)
	if !r.compose.lines.Checked || !r.compose.lines.Visible() || len(r.compose.prompts()) != 2 {
		t.Error("lost at the next start")
	}
	r.settings()
	r.compose.lines.SetChecked(false)
	test.Tap(r.compose.generate)
	r.settle()
	r.dialog.(*dialog.ConfirmDialog).Confirm()
	r.settle()
	if f.Settings().Lines {
		t.Error("the form of settings brought an old choice back")
	}
	r.compose.lines.SetChecked(true)
	one := starter.Default
	one.Prompt = "first line\nsecond line"
	r.compose.put(one, "")
	if n := len(r.compose.prompts()); n != 1 {
		t.Errorf("the settings of one clip make %d", n)
	}
}

// Of several prompts, what holds for all is noted once, and what does not by its clip.
func TestNotesOnSeveralClips(t *testing.T) {
	r := newRig(t, newFake())
	q := starter.Default
	space := "The starter model does not know “spaceship”; it knows robot, dog, cat and rabbit."
	trim := "33 frames are made and trimmed to 30."
	for _, c := range []struct {
		frames  int
		prompts []string
		notes   string
		err     string
	}{
		{17, []string{"a dog", "a cat"}, "", ""},
		{17, []string{"a spaceship"}, space, ""},
		{30, []string{"a dog", "a cat", "a fox"}, trim, ""},
		{30, []string{"a dog", "a spaceship"}, trim + "|Clip 2: " + space, ""},
		{17, []string{"a spaceship", "a dog", "spaceship", "no spaceship", "spaceships"}, "Clip 1: " + space + "|Clip 3: " + space + "|There are notes on 2 more clips.", ""},
		{17, []string{"a spaceship", "\x01"}, "", "Clip 2: The prompt holds control characters; take them out."},
		{17, []string{"\x01"}, "", "the prompt holds control characters; take them out"},
	} {
		q.Frames = c.frames
		notes, err := r.advise(q, c.prompts)
		said := ""
		if err != nil {
			said = err.Error()
		}
		if got := strings.Join(notes, "|"); got != c.notes || said != c.err {
			t.Errorf("%q, %d frames:\n%s, %s, want\n%s, %s", c.prompts, c.frames, got, said, c.notes, c.err)
		}
	}
}

// A model that goes away is not replaced in silence.
func TestModelThatGoesAwayIsNamed(t *testing.T) {
	r := newRig(t, newFake())
	r.write("a dog")
	r.compose.model.SetSelected("Wan2.2 TI2V-5B")
	r.wait(time.Second)
	for _, c := range []struct {
		gone bool
		says string
	}{{false, ""}, {true, "wan is no longer there; Starter (built in) is chosen in its place"}} {
		r.f.gone = c.gone
		r.f.listen(studio.Event{Topic: studio.ModelsChanged})
		r.settle()
		if r.over.Message() != c.says {
			t.Errorf("gone %v: %q, want %q", c.gone, r.over.Message(), c.says)
		}
	}
	if o := r.compose.order(); o.Model != "starter" || o.Steps != starter.Default.Steps || o.Prompt != "a dog" {
		t.Errorf("the pane says %+v", o.Request)
	}
}
