package studio

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinora/app/history"
	"kinora/app/job"
	"kinora/app/studio/studiotest"
	"kinora/inference"
)

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
	v.Precision = "bf16"
	s.SetSettings(v)
	if s.Models(); len(asked) != 3 || asked[1].Precision != "" || asked[2].Precision != "bf16" {
		t.Errorf("%+v", asked)
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
