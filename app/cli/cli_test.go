package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kinora/app/disk"
	"kinora/app/export"
	"kinora/app/settings"
	"kinora/app/studio"
	"kinora/app/studio/studiotest"
	"kinora/inference"
)

// A safe buffer is written by several goroutines.
type safe struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safe) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *safe) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (s *safe) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b.Reset()
}

type result struct {
	code     int
	out, err string
}

type world struct {
	Env
	engine   *studiotest.Engine
	asked    studio.EngineOptions
	out, err *safe
}

// newWorld is a world under a fresh home with an engine that draws at once.
func newWorld(t *testing.T) *world {
	t.Setenv(settings.HomeVariable, t.TempDir())
	w := &world{engine: &studiotest.Engine{}, out: &safe{}, err: &safe{}}
	w.Env = Env{Version: "1.2.3", Out: w.out, Err: w.err, Columns: func() int { return 0 }, Getenv: func(string) string { return "" },
		Engine: func(o studio.EngineOptions) (inference.Engine, error) { w.asked = o; return w.engine, nil }}
	return w
}

func (w *world) run(ctx context.Context, args ...string) result {
	w.out.reset()
	w.err.reset()
	code := Run(ctx, w.Env, args)
	return result{code, w.out.String(), w.err.String()}
}

func TestGenerate(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	for _, name := range []string{"a.mp4", "a.gif", "frames/"} {
		out := filepath.Join(dir, name)
		if strings.HasSuffix(name, "/") {
			out += "/"
		}
		r := w.run(t.Context(), "generate", "--prompt", "a red square", "--size", "32x48", "--frames=3", "--fps", "9", "--steps", "2", "--seed", "5",
			"--guidance", "2.5", "--sampler", "unipc", "--shift", "3", "--attention-window", "2", "--device", "cpu", "--threads", "1", "--out", out)
		if r.code != OK || strings.TrimSpace(r.out) != filepath.Clean(out) {
			t.Fatalf("%+v", r)
		}
		got, err := export.Read(filepath.Clean(out))
		want := inference.Request{Model: "fake", Prompt: "a red square", Width: 32, Height: 48, Frames: 3, FPS: 9, Steps: 2, Seed: 5, Guidance: 2.5, Sampler: "unipc", Shift: 3, Window: 2}
		if err != nil || fmt.Sprint(got.Request) != fmt.Sprint(want) {
			t.Errorf("%v\ngot  %+v\nwant %+v", err, got.Request, want)
		}
	}
	if w.asked.Device != "cpu" || w.asked.Threads != 1 {
		t.Errorf("%+v", w.asked)
	}
	// A clip like another, but for the seed.
	r := w.run(t.Context(), "generate", "--like", filepath.Join(dir, "a.gif"), "--seed", "6", "--negative", "", "--out", filepath.Join(dir, "b.mp4"))
	got, err := export.Read(filepath.Join(dir, "b.mp4"))
	if r.code != OK || err != nil || got.Request.Seed != 6 || got.Request.Prompt != "a red square" || got.Request.Steps != 2 || !got.Request.NoNegative {
		t.Errorf("%+v %v %+v", r, err, got.Request)
	}
	// Without --out it lands in the folder of clips, and in the history.
	r = w.run(t.Context(), "generate", "--prompt", "一只柴犬", "--quiet")
	if _, err := os.Stat(strings.TrimSpace(r.out)); r.code != OK || err != nil || r.err != "" {
		t.Errorf("%+v %v", r, err)
	}
	if r = w.run(t.Context(), "history", "柴犬"); r.code != OK || strings.Count(r.out, "\n") != 1 {
		t.Errorf("%+v", r)
	}
}

func TestJSONEvents(t *testing.T) {
	w := newWorld(t)
	r := w.run(t.Context(), "generate", "--prompt", "gobbledygook", "--json")
	var kinds []string
	for line := range strings.Lines(r.out) {
		var ev event
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&ev); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if len(kinds) == 0 || kinds[len(kinds)-1] != ev.Event {
			kinds = append(kinds, ev.Event)
		}
		if ev.Event == "done" && (ev.Output == "" || ev.Seconds == 0 || ev.ID == "") {
			t.Errorf("%+v", ev)
		}
	}
	if s := strings.Join(kinds, " "); s != "note forecast begin progress done" && s != "note forecast begin done" {
		t.Errorf("events: %s", s)
	}
	r = w.run(t.Context(), "generate", "--prompt", "", "--json")
	var ev event
	if err := json.Unmarshal([]byte(r.out), &ev); err != nil || ev.Event != "failed" || ev.Code != Usage || r.code != Usage {
		t.Errorf("%+v %v", r, err)
	}
}

func TestExitCodes(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	os.WriteFile(bad, []byte("hieght: 5\nwidth: no\n"), 0o644)
	file := filepath.Join(dir, "file")
	os.WriteFile(file, nil, 0o644)
	ok := []string{"generate", "--prompt", "x"}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"frobnicate"}, Usage, "no command"}, {[]string{"generate", "--bogus"}, Usage, "--help"},
		{[]string{"a red fox"}, Usage, "kinora generate --prompt"}, {[]string{"柴犬"}, Usage, "kinora generate --prompt"},
		{[]string{"generate", "a", "fox"}, Usage, "in quotes"}, {[]string{"generate"}, Usage, "prompt is empty"},
		{append(ok, "--size", "big"), Usage, "256x192"}, {append(ok, "--size", "3x3"), Usage, "no size"}, {append(ok, "--frames", "0"), Usage, "more than 0"},
		{append(ok, "--steps", "x"), Usage, `--steps "x": want a whole number;`}, {append(ok, "--seed", "-1"), Usage, `--seed "-1": want a whole number from 0 on;`},
		{append(ok, "--guidance", "much"), Usage, "want a number"}, {append(ok, "--frames", "99999999999999999999"), Usage, "not so large"}, {append(ok, "--device", "tpu"), Usage, "auto, cpu, cuda or cuda-mma"}, {append(ok, "--threads", "-1"), Usage, "threads"},
		{append(ok, "--config", bad), Usage, "line 1: unknown key"}, {append(ok, "--config", filepath.Join(dir, "none.yaml")), Usage, "none.yaml"},
		{append(ok, "--like", file), Usage, "file"}, {append(ok, "--image", file), Usage, "no picture"}, {append(ok, "--no-history"), Usage, "needs --out"},
		{append(ok, "--out", "a.avi"), Usage, "avi"}, {append(ok, "--model", "none"), NoModel, "none"},
		{append(ok, "--out", filepath.Join(file, "a.mp4")), NoWrite, "cannot write"}, {append(ok, "--out", dir), NoWrite, "not empty"},
		{nil, NoDevice, "kinora generate"}, {[]string{"delete", "x"}, Usage, "kinora history"}, {[]string{"export", "x"}, Usage, "--out"},
		{[]string{"export"}, Usage, "by its ID"}, {[]string{"settings", "device", "tpu"}, Usage, "device"}, {[]string{"settings", "bogus", "1"}, Usage, "bogus"},
		{[]string{"recipe", file}, Usage, "cannot take settings"}, {[]string{"history", "--limit", "0"}, Usage, "limit"},
		{[]string{"version"}, OK, ""}, {[]string{"help"}, OK, ""}, {[]string{"--help"}, OK, ""}, {[]string{"generate", "--help"}, OK, ""},
		{[]string{"models"}, OK, ""}, {[]string{"models", "--json"}, OK, ""}, {[]string{"history", "--json"}, OK, ""}, {[]string{"settings"}, OK, ""},
		{[]string{"settings", "threads", "2"}, OK, ""},
	} {
		if c.code == NoDevice && runtime.GOOS != "linux" {
			continue // there is always a display
		}
		r := w.run(t.Context(), c.args...)
		if r.code != c.code || !strings.Contains(r.err, c.want) || c.code != OK && strings.Contains(r.err, "invalid request") {
			t.Errorf("%v: %+v, want code %d, %q", c.args, r, c.code, c.want)
		}
		if c.code == OK && r.err != "" || c.code != OK && r.out != "" {
			t.Errorf("%v: out %q err %q", c.args, r.out, r.err)
		}
	}
	for _, c := range []struct {
		fail error
		code int
	}{{errors.New("x"), Internal}, {fmt.Errorf("y: %w", inference.ErrNoMemory), NoMemory}, {inference.ErrNoDevice, NoDevice},
		{fmt.Errorf("z: %w", &disk.Error{Path: "p", Err: syscall.ENOSPC}), NoWrite}} {
		w.engine.Fail = c.fail
		if r := w.run(t.Context(), ok...); r.code != c.code {
			t.Errorf("%v: code %d, want %d", c.fail, r.code, c.code)
		}
	}
}

func TestConfigFile(t *testing.T) {
	w := newWorld(t)
	path := filepath.Join(t.TempDir(), "c.yaml")
	os.WriteFile(path, []byte("num_frames: 7\nwidth: 32\nheight: 16\nnum_inference_steps: 3\ndevice_ids: [2]\n"), 0o644)
	r := w.run(t.Context(), "generate", "--prompt", "x", "--config", path, "--frames", "2", "--quiet")
	got, err := export.Read(strings.TrimSpace(r.out))
	if q := got.Request; r.code != OK || err != nil || q.Frames != 2 || q.Width != 32 || q.Height != 16 || q.Steps != 3 || w.asked.GPU != 2 {
		t.Errorf("%+v %v %+v %+v", r, err, q, w.asked)
	}
}

func TestHistoryCommands(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	w.run(t.Context(), "generate", "--prompt", "x")
	var es []struct{ ID string }
	r := w.run(t.Context(), "history", "--json")
	if err := json.Unmarshal([]byte(r.out), &es); err != nil || len(es) != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	id, out := es[0].ID, filepath.Join(dir, "a.gif")
	if r := w.run(t.Context(), "export", id, "--out", out); r.code != OK {
		t.Errorf("%+v", r)
	}
	if r := w.run(t.Context(), "recipe", out); r.code != OK || !strings.Contains(r.out, id) {
		t.Errorf("%+v", r)
	}
	w.run(t.Context(), "delete", id)
	if r := w.run(t.Context(), "history"); r.out != "" {
		t.Errorf("%+v", r)
	}
	if r := w.run(t.Context(), "history", "--deleted"); !strings.Contains(r.out, id) {
		t.Errorf("%+v", r)
	}
	w.run(t.Context(), "restore", id)
	if r := w.run(t.Context(), "history"); !strings.Contains(r.out, id) {
		t.Errorf("%+v", r)
	}
}

func TestCtrlC(t *testing.T) {
	for name, e := range map[string]*studiotest.Engine{"obedient": {Step: time.Hour}, "stubborn": {Step: 4 * time.Second, Stubborn: true}} {
		w, dir := newWorld(t), t.TempDir()
		w.engine = e
		ctx, stop := context.WithCancel(t.Context())
		var pressed time.Time
		go func() {
			for !strings.Contains(w.err.String(), "loading") {
				time.Sleep(time.Millisecond)
			}
			pressed = time.Now()
			stop()
		}()
		r := w.run(ctx, "generate", "--prompt", "x", "--out", filepath.Join(dir, "a.mp4"))
		if took := time.Since(pressed); r.code != Interrupted || took > 3*time.Second {
			t.Errorf("%s: %+v after %v", name, r, took)
		}
		for _, folder := range []string{dir, filepath.Join(os.Getenv(settings.HomeVariable), "clips")} {
			filepath.WalkDir(folder, func(p string, d os.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					t.Errorf("%s: left %s", name, p)
				}
				return nil
			})
		}
	}
}

func TestWindowOpens(t *testing.T) {
	w, opened := newWorld(t), false
	w.Getenv = func(k string) string { return map[string]string{"WAYLAND_DISPLAY": "w"}[k] }
	w.Window = func(s *studio.Studio) error { opened = len(s.Models()) > 0; return nil }
	if r := w.run(t.Context()); r.code != OK || !opened {
		t.Errorf("%+v", r)
	}
	for _, c := range []struct {
		system, display string
		want            bool
	}{{"linux", "", false}, {"linux", ":0", true}, {"windows", "", true}, {"darwin", "", true}, {"freebsd", "", false}} {
		got := display(c.system, func(k string) string { return map[string]string{"DISPLAY": c.display}[k] })
		if got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestBar(t *testing.T) {
	p := inference.Progress{Stage: inference.Denoising, Step: 3, Of: 8, Done: 0.456}
	for _, c := range []struct {
		width int
		eta   time.Duration
		want  string
	}{
		{79, 90 * time.Second, "[==================                      ]  45% denoising 3/8, 90 s left"},
		{40, 0, "[=======         ]  45% denoising 3/8"}, {10, 0, "  45% deno"}, {0, 0, ""},
	} {
		if got := bar(p, c.eta, c.width); len(got) > c.width || !strings.HasPrefix(got, c.want[:min(len(c.want), 5)]) || c.width == 79 && got != c.want {
			t.Errorf("width %d: %q", c.width, got)
		}
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{"": "      ", "abc": "abc   ", "abcdef": "abcdef", "abcdefg": "abcde…", "一二三": "一二三", "一二三四": "一二… ", "a\n b": "a b   "} {
		if got := cell(in, 6); got != want || columns(got) != 6 {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
