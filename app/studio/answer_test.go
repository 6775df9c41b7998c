package studio

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"kinora/app/config"
	"kinora/app/history"
	"kinora/app/job"
	"kinora/app/studio/studiotest"
	"kinora/inference"
)

var historyAll = history.Filter{}

// counting is an engine that knows its weights, what a clip takes, and how often it
// made one.
type counting struct {
	studiotest.Engine
	made    int
	weights string
	least   int64 // what a clip takes
}

func (c *counting) Generate(ctx context.Context, r inference.Request, report func(inference.Progress)) (*inference.Clip, error) {
	c.made++
	return c.Engine.Generate(ctx, r, report)
}

func (c *counting) Fingerprint(inference.Request) string { return c.weights }

func (c *counting) Plan(r inference.Request) (inference.Memory, error) {
	full, _, err := c.Check(r)
	return inference.Memory{Request: full, Peak: c.least, Work: map[inference.Stage]float64{inference.Denoising: float64(full.Steps)}}, err
}

func cached(t *testing.T, e *counting, on bool) *Studio {
	o := options(t.TempDir(), &e.Engine)
	o.Open = func(EngineOptions) (inference.Engine, error) { return e, nil }
	o.Config = &config.Config{CachePromptResults: &on}
	return openTest(t, o)
}

func TestTheSameAgainComesFromTheHistory(t *testing.T) {
	e := &counting{weights: "w"}
	s := cached(t, e, true)
	order := Order{Request: studiotest.Request("a red square")}
	first := wait(t, s, order)
	begun := time.Now()
	second := wait(t, s, order)
	if took := time.Since(begun); e.made != 1 || second.State != job.Done || took > time.Second {
		t.Fatalf("made %d times, %s after %v", e.made, second.State, took)
	}
	a, err := s.Entry(t.Context(), first.ID)
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Entry(t.Context(), second.ID)
	if err != nil || a.Output == b.Output || a.Master == b.Master {
		t.Fatalf("%v: %s and %s", err, a.Output, b.Output)
	}
	for x, y := range map[string]string{a.Output: b.Output, a.Master: b.Master} {
		p, _ := os.ReadFile(x)
		q, _ := os.ReadFile(y)
		if len(p) == 0 || !bytes.Equal(p, q) {
			t.Errorf("%s is no copy of %s", y, x)
		}
	}
	if _, err := s.Clip(t.Context(), second.ID); err != nil {
		t.Error(err)
	}
	if _, err := s.Thumbnail(t.Context(), second.ID); err != nil {
		t.Error(err)
	}
	// The first may go: the copy answers in its turn.
	os.Remove(a.Output)
	if wait(t, s, order); e.made != 1 {
		t.Error("the copy did not answer")
	}
}

// TestWhatIsNotTheSameIsMadeAnew lists all that keeps a clip from being answered.
func TestWhatIsNotTheSameIsMadeAnew(t *testing.T) {
	order := Order{Request: studiotest.Request("a red square")}
	for name, change := range map[string]func(s *Studio, e *counting, o *Order, output, master string){
		"another seed":        func(_ *Studio, _ *counting, o *Order, _, _ string) { o.Seed++ },
		"another prompt":      func(_ *Studio, _ *counting, o *Order, _, _ string) { o.Prompt += "." },
		"other weights":       func(_ *Studio, e *counting, _ *Order, _, _ string) { e.weights = "v" },
		"unknown weights":     func(_ *Studio, e *counting, _ *Order, _, _ string) { e.weights = "" },
		"wanted anew":         func(_ *Studio, _ *counting, o *Order, _, _ string) { o.Anew = true },
		"the video is gone":   func(_ *Studio, _ *counting, _ *Order, v, _ string) { os.Remove(v) },
		"the footage is gone": func(_ *Studio, _ *counting, _ *Order, _, m string) { os.Remove(m) },
		"the video was changed": func(_ *Studio, _ *counting, _ *Order, v, _ string) {
			b, _ := os.ReadFile(v)
			b[len(b)/2] ^= 1
			os.WriteFile(v, b, 0o644)
		},
		"the footage was cut": func(_ *Studio, _ *counting, _ *Order, _, m string) { os.Truncate(m, 100) },
		"it was deleted": func(s *Studio, _ *counting, _ *Order, v, _ string) {
			es, _ := s.History(context.Background(), historyAll)
			s.Delete(context.Background(), es[0].ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, o := &counting{weights: "w"}, order
			s := cached(t, e, true)
			entry, err := s.Entry(t.Context(), wait(t, s, o).ID)
			if err != nil {
				t.Fatal(err)
			}
			change(s, e, &o, entry.Output, entry.Master)
			if j := wait(t, s, o); j.State != job.Done || e.made != 2 {
				t.Errorf("%s, made %d times", j.State, e.made)
			}
		})
	}
	e := &counting{weights: "w"}
	s := cached(t, e, false)
	wait(t, s, order)
	if wait(t, s, order); e.made != 2 {
		t.Error("answered though the configuration does not ask for it")
	}
}

func TestForecastLearns(t *testing.T) {
	e := &counting{weights: "w", least: 7}
	e.Step = 20 * time.Millisecond
	s := cached(t, e, false)
	r := studiotest.Request("a red square")
	f, err := s.Forecast(t.Context(), r)
	if err != nil || f.Time != 0 || f.Runs != 0 || f.Memory.Peak != 7 || f.Disk == 0 {
		t.Fatalf("%v %+v", err, f)
	}
	for i := range 3 {
		r.Steps = 4 + 4*i
		wait(t, s, Order{Request: r})
	}
	r.Steps = 10
	f, err = s.Forecast(t.Context(), r)
	if err != nil || f.Runs != 3 || f.Time < 150*time.Millisecond || f.Time > 400*time.Millisecond {
		t.Errorf("%v: %v after %d runs, 10 steps take 200 ms", err, f.Time, f.Runs)
	}
	es, _ := s.History(t.Context(), historyAll)
	var bytes int64
	for _, path := range visible(s) {
		if info, err := os.Stat(path); err == nil && !strings.HasSuffix(path, ".part") {
			bytes += info.Size()
		}
	}
	if off := float64(f.Disk)*float64(len(es))/float64(bytes) - 1; off > 0.01 || off < -0.01 {
		t.Errorf("%d bytes for each of %d clips that take %d in all", f.Disk, len(es), bytes)
	}
}
