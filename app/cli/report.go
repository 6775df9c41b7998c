package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"kinora/app/job"
	"kinora/app/studio"
	"kinora/inference"
)

// A reporter tells how a clip is coming along.
type reporter struct {
	e           Env
	json, quiet bool

	mu          sync.Mutex
	bar         bool // a bar stands on the line of the cursor
	begun, over bool
	stage       inference.Stage
	device      string
}

func newReporter(e Env, json, quiet bool) *reporter { return &reporter{e: e, json: json, quiet: quiet} }

// An event is one line of --json. Fields without a value are left out.
type event struct {
	Event   string             `json:"event"` // forecast, begin, progress, note, done, failed, cancelled
	ID      job.ID             `json:"id,omitempty"`
	Request *inference.Request `json:"request,omitempty"`
	State   job.State          `json:"state,omitempty"`
	Stage   inference.Stage    `json:"stage,omitempty"`
	Step    int                `json:"step,omitempty"`
	Of      int                `json:"of,omitempty"`
	Device  string             `json:"device,omitempty"`
	Done    *float64           `json:"done,omitempty"` // share of the work, 0 … 1
	ETA     float64            `json:"eta_s,omitempty"`
	Seconds float64            `json:"seconds,omitempty"`
	Timings map[string]float64 `json:"timings_s,omitempty"`
	Output  string             `json:"output,omitempty"`
	Text    string             `json:"text,omitempty"`
	Memory  int64              `json:"memory_bytes,omitempty"`
	Disk    int64              `json:"disk_bytes,omitempty"`
	Name    string             `json:"name,omitempty"`
	Bytes   int64              `json:"bytes,omitempty"`
	Total   int64              `json:"total_bytes,omitempty"`
	Rate    float64            `json:"bytes_per_s,omitempty"`
	Error   string             `json:"error,omitempty"`
	Code    int                `json:"code,omitempty"`
}

func (r *reporter) emit(ev event) { r.e.emit(ev) }

func (e Env) emit(ev event) {
	b, err := json.Marshal(ev)
	if err == nil {
		e.Out.Write(append(b, '\n'))
	}
}

// next makes the reporter ready for another clip. Objects of --json carry the prompt.
func (r *reporter) next(title string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun, r.over, r.stage = false, false, ""
	if !r.json && !r.quiet {
		r.line(title)
	}
}

func (r *reporter) begin(id job.ID, q inference.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun = true
	switch {
	case r.json:
		r.emit(event{Event: "begin", ID: id, Request: &q})
	case !r.quiet:
		r.line(fmt.Sprintf("%s: %d×%d, %s at %d a second, %s, %s, guidance %g, seed %d",
			q.Model, q.Width, q.Height, number(q.Frames, "frame"), q.FPS, number(q.Steps, "step"), q.Sampler, q.Guidance, q.Seed))
	}
}

func (r *reporter) note(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.json:
		r.emit(event{Event: "note", Text: text})
	case !r.quiet:
		r.line(text)
	}
}

// forecast says what the clip will take.
func (r *reporter) forecast(f studio.Forecast) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.json:
		r.emit(event{Event: "forecast", Seconds: seconds(f.Time), Memory: f.Memory.Peak, Disk: f.Disk})
	case !r.quiet && f.Time > 0:
		r.line(fmt.Sprintf("about %s, %s of memory, %s on disk", short(f.Time), amount(f.Memory.Peak), amount(f.Disk)))
	}
}

func (r *reporter) event(ev studio.Event) {
	if ev.Err != nil {
		r.note(sentence(ev.Err))
	} else if ev.Text != "" {
		r.note(ev.Text)
	}
}

func (r *reporter) job(j job.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := j.Progress
	if !r.begun || r.over || j.State != job.Running || p.Stage == "" {
		return
	}
	if p.Device != r.device && !r.json && !r.quiet {
		r.line("on " + p.Device)
	}
	r.device = p.Device
	switch width := r.e.Columns(); {
	case r.json:
		share := math.Round(p.Done*1e4) / 1e4
		r.emit(event{Event: "progress", ID: j.ID, State: j.State, Stage: p.Stage, Step: p.Step, Of: p.Of, Device: p.Device, Done: &share, ETA: seconds(j.ETA)})
	case r.quiet:
	case width > 0:
		fmt.Fprintf(r.e.Err, "\r%s\x1b[K", bar(p, j.ETA, width-1))
		r.bar = true
	case p.Stage != r.stage:
		r.line(string(p.Stage))
	}
	r.stage = p.Stage
}

// line writes a line of its own, above the bar if there is one.
func (r *reporter) line(text string) {
	if r.bar {
		fmt.Fprint(r.e.Err, "\r\x1b[K")
		r.bar = false
	}
	fmt.Fprintln(r.e.Err, text)
}

func (r *reporter) done(j job.Job, path string, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	if r.json {
		timings := map[string]float64{}
		for stage, d := range j.Timings {
			timings[string(stage)] = seconds(d)
		}
		r.emit(event{Event: "done", ID: j.ID, Output: path, Seconds: seconds(took), Timings: timings})
		return
	}
	if !r.quiet {
		r.line(fmt.Sprintf("done in %s", short(took)))
	}
	fmt.Fprintln(r.e.Out, path)
}

func (r *reporter) failed(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	cancelled := errors.Is(err, context.Canceled)
	switch {
	case r.json && cancelled:
		r.emit(event{Event: "cancelled", Code: Interrupted})
	case r.json:
		r.emit(event{Event: "failed", Error: sentence(err), Code: Code(err)})
	case cancelled:
		r.line("kinora: stopped")
	default:
		r.line("kinora: " + sentence(err))
	}
}

// bar draws how far a clip has come, in at most width columns.
func bar(p inference.Progress, eta time.Duration, width int) string {
	text := fmt.Sprintf(" %3.0f%% %s", math.Floor(100*p.Done), p.Stage)
	if p.Of > 0 {
		text += fmt.Sprintf(" %d/%d", p.Step, p.Of)
	}
	if eta > 0 {
		text += ", " + short(eta) + " left"
	}
	if len(text) >= width {
		return text[:max(width, 0)]
	}
	cells := min(width-len(text)-2, 40)
	if cells < 4 {
		return text
	}
	full := int(float64(cells) * min(max(p.Done, 0), 1))
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", cells-full) + "]" + text
}

// short is a duration as people say it.
func short(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 100*time.Second:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 100*time.Minute:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e3) / 1e3 }

// number is how many there are of what is called that.
func number(n int, name string) string {
	if n != 1 {
		name += "s"
	}
	return fmt.Sprint(n, " ", name)
}
