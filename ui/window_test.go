package ui

import (
	"errors"
	"image"
	"net/url"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"kinora/app/job"
	"kinora/app/studio"
	"kinora/ui/widgets"
)

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
	if row == nil || row.Status() != "Denoising  3 of 8  ·  12 s left" {
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
			if r.stage.live != id(2) {
				t.Errorf("%q is watched, not the next one", r.stage.live)
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
	if r.stage.export.Disabled() || r.stage.drop.Disabled() || !r.stage.use.Disabled() {
		t.Error("several clips can be exported and deleted, and give no settings")
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
	for path, want := range map[string]string{
		"/notes.txt":                 "notes.txt is none of them",
		"/clips":                     "clips is none of them",
		"https:/example.org/cat.png": "Only files on this computer",
		"/pictures/bad.PNG":          "ad.PNG is not a picture",
	} {
		r.drop([]fyne.URI{storage.NewFileURI(path)})
		r.settle()
		if top := r.Canvas().Overlays().Top(); top == nil || !strings.Contains(texts(top), want) {
			t.Errorf("%s: told is %q, want %q", path, texts(top), want)
		}
		r.key(&fyne.KeyEvent{Name: fyne.KeyReturn})
	}
}

// After a tap on a clip, Space plays it and is not written into the prompt; the
// keyboard alone opens clips, too; Escape ends a search before it stops a clip.
func TestKeysInTheHistory(t *testing.T) {
	f := newFake()
	ids := f.made("a dog runs", "a red shoe")
	r := newRig(t, f)
	r.write("a cat")
	r.win.Canvas().Focus(r.compose.prompt)
	card := widgets.NewCard(&r.gallery.cell)
	r.gallery.fill(0, card)
	test.Tap(card)
	r.settle()
	if e := r.stage.entry(); e == nil || e.ID != ids[1] || r.win.Canvas().Focused() != nil {
		t.Errorf("shown %v, in focus %T", e, r.win.Canvas().Focused())
	}
	r.win.Canvas().Focus(r.gallery.grid)
	for _, k := range []fyne.KeyName{fyne.KeyRight, fyne.KeySpace} {
		r.gallery.grid.TypedKey(&fyne.KeyEvent{Name: k})
	}
	r.settle()
	if e := r.stage.entry(); e == nil || e.ID != ids[0] {
		t.Errorf("the keyboard opened %v, want %s", e, ids[0])
	}
	test.Tap(r.compose.generate)
	r.settle()
	r.gallery.field.SetText("dog")
	r.gallery.field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	r.wait(time.Second)
	if r.gallery.field.Text != "" || len(r.gallery.entries) != 2 || f.state(id(f.next)) == job.Cancelled {
		t.Errorf("Escape in a search: %q, %d clips, the job is %s", r.gallery.field.Text, len(r.gallery.entries), f.state(id(f.next)))
	}
	r.gallery.field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	r.settle()
	if f.state(id(f.next)) != job.Cancelled {
		t.Error("a second Escape does not cancel")
	}
}

// Tab goes from the search to the clips that were found.
func TestTabGoesDownTheHistory(t *testing.T) {
	f := newFake()
	f.made("a dog runs")
	r := newRig(t, f)
	c := r.win.Canvas()
	c.Focus(r.gallery.field)
	c.FocusNext()
	c.FocusNext()
	if c.Focused() != r.gallery.grid {
		t.Errorf("after the search and the button beside it comes %T", c.Focused())
	}
}

type noFolders struct{ fyne.App }

func (noFolders) OpenURL(*url.URL) error { return errors.New("exec: \"xdg-open\": not found in $PATH") }

// Where no program opens folders, the folder is named.
func TestFolderThatCannotBeOpenedIsNamed(t *testing.T) {
	r := newRig(t, newFake())
	r.app = noFolders{r.app}
	r.openFolder("/clips/here")
	r.settle()
	if top := r.win.Canvas().Overlays().Top(); top == nil || !strings.Contains(texts(top), "look in /clips/here") || strings.Contains(texts(top), "xdg") {
		t.Errorf("%v", top)
	}
}

// Older clips go on coming while one scrolls down, also after the history was read anew.
func TestHistoryPages(t *testing.T) {
	f := newFake()
	prompts := make([]string, 2*page+10)
	for i := range prompts {
		prompts[i] = "a dog"
	}
	f.made(prompts...)
	r := newRig(t, f)
	down := func(want int) {
		t.Helper()
		card := widgets.NewCard(&r.gallery.cell)
		r.gallery.fill(len(r.gallery.entries)-1, card)
		r.settle()
		if n := len(r.gallery.entries); n != want {
			t.Fatalf("%d clips, want %d", n, want)
		}
	}
	r.gallery.reload()
	r.settle()
	down(2 * page)
	r.gallery.reload()
	r.settle()
	down(2*page + 10)
	r.gallery.reload()
	r.settle()
	down(2*page + 10)
}

// Thumbnails come in batches, and one that cannot be had keeps back no other.
func TestThumbnailsComeInBatches(t *testing.T) {
	f := newFake()
	ids := f.made(strings.Split(strings.Repeat("a dog,", 2*batch), ",")...)
	r := newRig(t, f)
	th := &thumbs{w: r.Window, known: map[job.ID]image.Image{}, asked: map[job.ID]bool{}}
	shown := 0
	th.ready = func() { shown++ }
	th.get("no such clip")
	for _, id := range ids {
		th.get(id)
	}
	r.settle()
	if len(th.known) != len(ids) || len(th.wants) != 0 || th.busy {
		t.Errorf("%d of %d came, %d are waited for", len(th.known), len(ids), len(th.wants))
	}
	if shown > len(ids)/2 {
		t.Errorf("%d thumbnails were shown in %d turns", len(ids), shown)
	}
}

// A clip that was not finished says why when it is opened, and is made on demand.
func TestUnfinishedClipsCanBeRunAgain(t *testing.T) {
	r := newRig(t, newFake())
	r.write("a dog")
	test.Tap(r.compose.generate)
	r.settle()
	r.f.step(id(1), job.Failed, func(j *job.Job) { j.Err = "not enough memory" })
	r.f.listen(studio.Event{Topic: studio.HistoryChanged})
	r.settle()
	for _, again := range []bool{false, true} {
		r.gallery.tap(r.gallery.entries[0], 0)
		r.settle()
		if top := r.win.Canvas().Overlays().Top(); top == nil || !strings.Contains(texts(top), "Not enough memory.") {
			t.Fatal("it does not say why")
		}
		before := r.f.count()
		if d := r.dialog.(*dialog.ConfirmDialog); again {
			d.Confirm()
		} else {
			d.Hide()
		}
		r.settle()
		if n := r.f.count() - before; n != map[bool]int{true: 1}[again] {
			t.Errorf("again %v: %d clips asked for", again, n)
		}
	}
	if a, b := r.f.orders[0], r.f.orders[1]; a.Seed != b.Seed || a.Prompt != b.Prompt || !b.Anew {
		t.Errorf("asked for %+v, then for %+v", a, b)
	}
}
