package studio

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinora/app/disk"
	"kinora/app/history"
	"kinora/app/job"
	"kinora/app/studio/studiotest"
	"kinora/inference"
)

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

func TestUnwritableFolderIsToldFirst(t *testing.T) {
	home := t.TempDir()
	os.WriteFile(filepath.Join(home, "clips"), nil, 0o644) // a file in the folder's place
	s := openTest(t, options(home, &studiotest.Engine{}))
	_, err := s.Submit(Order{Request: studiotest.Request("x")})
	if e := (*disk.Error)(nil); !errors.As(err, &e) {
		t.Errorf("%v", err)
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
