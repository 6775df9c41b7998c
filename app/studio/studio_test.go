package studio

import (
	"bytes"
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
	// Copied, and encoded anew since somebody touched what could have been copied.
	kept, _ := os.ReadFile(e.Output)
	for i := range 2 {
		if i == 1 {
			os.WriteFile(e.Output, []byte("mine"), 0o644)
		}
		path := filepath.Join(t.TempDir(), "x.mp4")
		if err := s.Export(ctx, j.ID, path, ""); err != nil {
			t.Error(err)
		}
		if b, _ := os.ReadFile(path); len(b) == 0 || !bytes.Equal(b, kept) {
			t.Errorf("export %d is not the clip that was kept", i)
		}
	}
	os.WriteFile(e.Output, kept, 0o644)
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
