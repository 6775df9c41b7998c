package studio

import (
	"context"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"kinora/app/disk"
	"kinora/app/history"
	"kinora/app/job"
	"kinora/app/settings"
	"kinora/app/studio/studiotest"
	"kinora/inference"
)

// options are for a studio under home with an engine that draws at once.
func options(home string, e *studiotest.Engine) Options {
	p, err := settings.Under(home)
	if err != nil {
		panic(err)
	}
	return Options{Version: "test", Places: p, Open: func(EngineOptions) (inference.Engine, error) { return e, nil }}
}

func openTest(t *testing.T, o Options) *Studio {
	t.Helper()
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// wait submits an order and returns the job when it has ended.
func wait(t *testing.T, s *Studio, o Order) job.Job {
	t.Helper()
	c := make(chan job.Job, 1000)
	defer s.Watch(func(j job.Job) { c <- j })()
	id, err := s.Submit(o)
	if err != nil {
		t.Fatal(err)
	}
	for {
		select {
		case j := <-c:
			if j.ID == id && j.State.Ended() {
				return j
			}
		case <-time.After(30 * time.Second):
			t.Fatal("the job does not end")
		}
	}
}

// visible lists what lies in the folder of clips.
func visible(s *Studio) (files []string) {
	filepath.WalkDir(s.Folder(), func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, p)
		}
		return nil
	})
	return files
}

func TestRoadOfAClip(t *testing.T) {
	ctx := t.Context()
	s := openTest(t, options(t.TempDir(), &studiotest.Engine{}))
	j := wait(t, s, Order{Request: studiotest.Request("A red / square: 一只柴犬!")})
	if j.State != job.Done || j.HistoryID != j.ID || j.Progress.Done != 1 || j.Progress.Preview != nil {
		t.Fatalf("%+v", j)
	}
	es, err := s.History(ctx, history.Filter{Search: "柴犬"})
	if err != nil || len(es) != 1 {
		t.Fatal(es, err)
	}
	e := es[0]
	if e.State != job.Done || e.Request.Width != 64 || e.Timings[inference.Denoising] == 0 || e.Ended.IsZero() {
		t.Errorf("%+v", e)
	}
	if base := filepath.Base(e.Output); !strings.HasSuffix(base, "-a-red-square-一只柴犬.mp4") {
		t.Errorf("the clip is called %s", base)
	}
	want := studiotest.Clip(e.Request, 0).Frames
	again := openTest(t, options(filepath.Dir(filepath.Dir(s.options.Places.Data+"/")), &studiotest.Engine{})) // reads from disk
	for _, s := range []*Studio{s, again} {
		c, err := s.Clip(ctx, j.ID)
		if err != nil || !reflect.DeepEqual(c.Frames, want) {
			t.Errorf("the footage differs: %v", err)
		}
		im, err := s.Thumbnail(ctx, j.ID)
		if err != nil || im.Bounds() != image.Rect(0, 0, 64, 48) {
			t.Errorf("thumbnail: %v", err)
		}
	}
	for _, name := range []string{"x.mp4", "x.gif", "x"} {
		path := filepath.Join(t.TempDir(), name)
		if err := s.CanExport(path, ""); err != nil {
			t.Error(err)
		}
		if err := s.Export(ctx, j.ID, path, ""); err != nil {
			t.Error(err)
		}
		r, _, err := s.Recipe(path)
		if err != nil || !reflect.DeepEqual(r, e.Request) {
			t.Errorf("%s: %v\n%+v", name, err, r)
		}
	}
	if r, _, err := s.Recipe(e.Output); err != nil || !reflect.DeepEqual(r, e.Request) {
		t.Errorf("the kept clip's recipe: %+v, %v", r, err)
	}
	if err := s.Delete(ctx, j.ID); err != nil {
		t.Fatal(err)
	}
	if es, _ := s.History(ctx, history.Filter{}); len(es) != 0 {
		t.Error("the deleted clip is listed")
	}
	if err := s.Restore(ctx, j.ID); err != nil {
		t.Fatal(err)
	}
	if es, _ := s.History(ctx, history.Filter{}); len(es) != 1 {
		t.Error("the restored clip is not listed")
	}
}

func TestStatesMoveForward(t *testing.T) {
	s := openTest(t, options(t.TempDir(), &studiotest.Engine{Step: 5 * time.Millisecond}))
	order := map[job.State]int{job.Queued: 0, job.Running: 1, job.Done: 2, job.Failed: 2, job.Cancelled: 2}
	seen := map[job.ID][]job.State{}
	done := make(chan job.ID, 100)
	s.Watch(func(j job.Job) {
		states := seen[j.ID]
		if n := len(states); n == 0 || states[n-1] != j.State {
			if n > 0 && order[j.State] <= order[states[n-1]] {
				t.Errorf("%s went from %s to %s", j.ID, states[n-1], j.State)
			}
			seen[j.ID] = append(states, j.State)
		}
		if j.State == job.Running && j.Progress.Done > 0.5 && j.Progress.Done < 1 && j.ETA <= 0 {
			t.Errorf("no ETA at %g", j.Progress.Done)
		}
		if j.State.Ended() {
			done <- j.ID
		}
	})
	var ids []job.ID
	for range 5 {
		id, err := s.Submit(Order{Request: studiotest.Request("x")})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	s.Cancel(ids[3])
	s.Cancel("unknown")
	for range ids {
		<-done
	}
	s.Cancel(ids[0]) // too late
	for i, j := range s.Jobs() {
		want := job.Done
		if i == 3 {
			want = job.Cancelled
		}
		if j.State != want {
			t.Errorf("job %d: %s", i, j.State)
		}
	}
	es, _ := s.History(t.Context(), history.Filter{States: []job.State{job.Cancelled}})
	if len(es) != 1 || es[0].ID != ids[3] {
		t.Errorf("cancelled in the history: %v", es)
	}
}

func TestFailuresAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		e    *studiotest.Engine
		want string
	}{
		"error": {&studiotest.Engine{Fail: inference.ErrNoMemory}, "not enough memory"},
		"panic": {&studiotest.Engine{Panic: true}, "a fault in the engine"},
	} {
		s := openTest(t, options(t.TempDir(), c.e))
		j := wait(t, s, Order{Request: studiotest.Request("x")})
		if j.State != job.Failed || !strings.Contains(j.Err, c.want) || strings.Contains(j.Err, "\n") {
			t.Errorf("%s: %s %q", name, j.State, j.Err)
		}
		if files := visible(s); len(files) > 0 {
			t.Errorf("%s: left %v", name, files)
		}
	}
	s := openTest(t, options(t.TempDir(), &studiotest.Engine{}))
	for name, o := range map[string]Order{
		"empty":     {Request: studiotest.Request("")},
		"too long":  {Request: studiotest.Request(strings.Repeat("x", 100<<10+1))},
		"not UTF-8": {Request: studiotest.Request("\xff")},
		"size":      {Request: inference.Request{Prompt: "x", Width: 3}},
		"no image":  {Request: studiotest.Request("x"), ImagePath: "/none.png"},
	} {
		if _, err := s.Submit(o); !errors.Is(err, inference.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Submit(Order{Request: inference.Request{Prompt: "x", Model: "none"}}); !errors.Is(err, inference.ErrNoModel) {
		t.Errorf("no model: %v", err)
	}
	r, notes, err := s.Check(studiotest.Request("a\x00b\x1b[31m\nc"))
	if err != nil || r.Prompt != "a b [31m\nc" || len(notes) != 1 {
		t.Errorf("control characters: %q %v %v", r.Prompt, notes, err)
	}
}

func TestCloseInterrupts(t *testing.T) {
	home := t.TempDir()
	s := openTest(t, options(home, &studiotest.Engine{Step: time.Hour}))
	ended := make(chan job.Job, 10)
	started := make(chan bool, 10)
	s.Watch(func(j job.Job) {
		if j.State == job.Running {
			started <- true
		}
		if j.State.Ended() {
			ended <- j
		}
	})
	for range 2 {
		if _, err := s.Submit(Order{Request: studiotest.Request("x")}); err != nil {
			t.Fatal(err)
		}
	}
	<-started
	s.Close()
	for range 2 {
		if j := <-ended; j.State != job.Interrupted || j.Err == "" {
			t.Errorf("%s %q", j.State, j.Err)
		}
	}
	again := openTest(t, options(home, &studiotest.Engine{}))
	es, err := again.History(t.Context(), history.Filter{States: []job.State{job.Interrupted}})
	if err != nil || len(es) != 2 {
		t.Errorf("%d interrupted, %v", len(es), err)
	}
}

func TestEngineIsReopened(t *testing.T) {
	var asked []EngineOptions
	closed := 0
	o := options(t.TempDir(), nil)
	o.Open = func(eo EngineOptions) (inference.Engine, error) {
		asked = append(asked, eo)
		if eo.Device == "cuda" {
			return nil, inference.ErrNoDevice
		}
		return &studiotest.Engine{Closed: func() { closed++ }}, nil
	}
	s := openTest(t, o)
	if len(asked) != 0 || len(s.Models()) != 2 || len(asked) != 1 {
		t.Errorf("opened %d times before it was needed", len(asked))
	}
	v := s.Settings()
	v.Threads = 3
	if err := s.SetSettings(v); err != nil {
		t.Fatal(err)
	}
	if s.Models(); len(asked) != 2 || asked[1].Threads != 3 || closed != 1 {
		t.Errorf("%+v, %d closed", asked, closed)
	}
	v.Device = "cuda"
	s.SetSettings(v)
	if _, _, err := s.Check(studiotest.Request("x")); !errors.Is(err, inference.ErrNoDevice) {
		t.Errorf("no device: %v", err)
	}
	v.Device = "cpu"
	s.SetSettings(v)
	if _, _, err := s.Check(studiotest.Request("x")); err != nil {
		t.Errorf("back on the CPU: %v", err)
	}
}

func TestConfigurationIsWatched(t *testing.T) {
	o := options(t.TempDir(), &studiotest.Engine{})
	o.Watch = true
	path := filepath.Join(o.Places.Config, "inference_config.yaml")
	os.MkdirAll(o.Places.Config, 0o755)
	os.WriteFile(path, []byte("num_frames: 9\nmodel_name: other\n"), 0o644)
	s := openTest(t, o)
	events := make(chan Event, 100)
	s.Listen(func(e Event) { events <- e })
	if d := s.Defaults(""); d.Frames != 9 || d.Model != "other" || d.Width != 32 {
		t.Errorf("at the start: %+v", d)
	}
	next := func(f func(Event) bool) {
		t.Helper()
		for end := time.After(10 * time.Second); ; {
			select {
			case e := <-events:
				if e.Topic == ConfigChanged && f(e) {
					return
				}
			case <-end:
				t.Fatal("nothing was told")
			}
		}
	}
	os.WriteFile(path, []byte("num_frames: 13\nuse_checkpointing: true\n"), 0o644)
	next(func(e Event) bool { return e.Err == nil && strings.Contains(e.Text, "use_checkpointing") })
	if d := s.Defaults(""); d.Frames != 13 || d.Model != "fake" {
		t.Errorf("after the change: %+v", d)
	}
	os.WriteFile(path, []byte("num_frames: many\n"), 0o644)
	next(func(e Event) bool { return e.Err != nil && strings.Contains(e.Err.Error(), "line 1") })
	if r, _, _ := s.Check(studiotest.Request("x")); r.Frames != 13 {
		t.Errorf("a broken file is in force: %+v", r)
	}
	models := filepath.Join(o.Places.Models, "new")
	os.MkdirAll(models, 0o755)
	os.WriteFile(filepath.Join(models, "x.safetensors"), []byte("x"), 0o644)
	for end := time.After(10 * time.Second); ; {
		select {
		case e := <-events:
			if e.Topic == ModelsChanged {
				return
			}
		case <-end:
			t.Fatal("a new model was not told")
		}
	}
}

func TestAnotherProcessIsNoticed(t *testing.T) {
	o := options(t.TempDir(), &studiotest.Engine{})
	other := openTest(t, o)
	o.Watch = true
	s := openTest(t, o)
	told := make(chan bool, 100)
	s.Listen(func(e Event) {
		if e.Topic == HistoryChanged {
			told <- true
		}
	})
	wait(t, other, Order{Request: studiotest.Request("x")})
	for end := time.After(10 * time.Second); ; {
		select {
		case <-told:
			if es, _ := s.History(t.Context(), history.Filter{States: []job.State{job.Done}}); len(es) == 1 {
				return
			}
		case <-end:
			t.Fatal("a clip of another process was not noticed")
		}
	}
}

func TestForgetKeepsNothing(t *testing.T) {
	o := options(t.TempDir(), &studiotest.Engine{})
	o.Forget = true
	s := openTest(t, o)
	j := wait(t, s, Order{Request: studiotest.Request("x")})
	if j.State != job.Done || j.HistoryID != "" {
		t.Fatalf("%+v", j)
	}
	out := filepath.Join(t.TempDir(), "a.mp4")
	if err := s.Export(t.Context(), j.ID, out, ""); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(o.Places.Data); err == nil || len(visible(s)) > 0 {
		t.Error("something was kept")
	}
}

func TestImages(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, options(dir, &studiotest.Engine{}))
	file := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		os.WriteFile(path, b, 0o644)
		return path
	}
	good := filepath.Join(dir, "good.png")
	f, _ := os.Create(good)
	im := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	im.Pix[0], im.Pix[3] = 200, 255
	png.Encode(f, im)
	f.Close()
	p, err := s.LoadImage(good)
	if err != nil || p.Width != 3 || p.Height != 2 || len(p.Pix) != 18 || p.Pix[0] != 200 {
		t.Errorf("%+v, %v", p, err)
	}
	bomb := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x02\x00\x00\x00\x32\x44\x4f\x43")
	for name, path := range map[string]string{
		"text": file("a.png", []byte("hello")), "empty": file("b.png", nil), "bomb": file("c.png", bomb), "folder": dir, "missing": dir + "/none",
	} {
		if _, err := s.LoadImage(path); !errors.Is(err, inference.ErrInvalid) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	j := wait(t, s, Order{Request: studiotest.Request("x"), ImagePath: good})
	e, err := s.Entry(t.Context(), j.ID)
	if err != nil || e.ImagePath != good {
		t.Errorf("%q, %v", e.ImagePath, err)
	}
}

func TestUnwritableFolderIsToldFirst(t *testing.T) {
	home := t.TempDir()
	os.WriteFile(filepath.Join(home, "clips"), nil, 0o644) // a file in the folder's place
	s := openTest(t, options(home, &studiotest.Engine{}))
	_, err := s.Submit(Order{Request: studiotest.Request("x")})
	if e := (*disk.Error)(nil); !errors.As(err, &e) {
		t.Errorf("%v", err)
	}
}

// Ten slogans are ordered within a millisecond, and stand in their order.
func TestOrdersKeepTheirOrder(t *testing.T) {
	s := openTest(t, options(t.TempDir(), &studiotest.Engine{}))
	for before, i := s.moment(), 0; i < 100; i++ {
		at := s.moment()
		if job.NewID(at)[:19] <= job.NewID(before)[:19] {
			t.Fatalf("%v after %v", at, before)
		}
		before = at
	}
	var last job.ID
	for i := range 10 {
		id, err := s.Submit(Order{Request: inference.Request{Prompt: "a red square", Seed: uint64(i)}})
		if err != nil {
			t.Fatal(err)
		}
		if id <= last {
			t.Errorf("%s comes after %s", id, last)
		}
		last = id
	}
}
