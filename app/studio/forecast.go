package studio

import (
	"context"
	"fmt"
	"time"

	"kinora/app/forecast"
	"kinora/app/history"
	"kinora/inference"
)

// A Forecast says what a clip will take before it is made.
type Forecast struct {
	// Time is how long it will take; 0 where nothing is known of this machine yet.
	Time time.Duration `json:"time_ns"`
	// Runs is how many clips that was learned from. Same tells that they were of
	// this model.
	Runs   int              `json:"runs"`
	Memory inference.Memory `json:"memory"`
	Disk   int64            `json:"disk_bytes"` // of its files
}

// keepingStage is what comes after an engine's own stages.
const keepingStage = "keeping"

// bytesPerPixel is what the files of a clip take before anything is known.
const bytesPerPixel = 0.6

// Forecast foretells a clip. Where it does not fit, the error says so, and what
// would.
func (s *Studio) Forecast(ctx context.Context, r inference.Request) (Forecast, error) {
	e, release, err := s.hold()
	if err != nil {
		return Forecast{}, err
	}
	defer release()
	r = s.fill(r)
	var f Forecast
	if f.Memory, err = planned(e, r); err != nil {
		return f, err
	}
	if f.Memory.Request.Width > 0 {
		r = f.Memory.Request
	}
	f.Disk = int64(bytesPerPixel * pixels(r))
	if s.history == nil {
		return f, nil
	}
	runs, err := s.history.Runs(ctx, s.machine(e, r), r.Model, 20)
	if err != nil {
		return f, err
	}
	f.Runs = len(runs)
	var past []forecast.Run
	var bytes, seen float64
	for _, run := range runs {
		past = append(past, amounts(run.Work, run.Entry, run.Keeping))
		bytes, seen = bytes+float64(run.Bytes), seen+pixels(run.Entry.Request)
	}
	if seen > 0 {
		f.Disk = int64(bytes / seen * pixels(r))
	}
	now := amounts(f.Memory.Work, history.Entry{Request: r}, 0)
	if sec, known := forecast.Seconds(now.Work, past); known {
		f.Time = time.Duration(sec * float64(time.Second))
	}
	return f, nil
}

// amounts turns a clip into work and seconds by stage.
func amounts(work map[inference.Stage]float64, e history.Entry, keeping time.Duration) forecast.Run {
	r := forecast.Run{Work: map[string]float64{keepingStage: pixels(e.Request)}, Seconds: map[string]float64{keepingStage: keeping.Seconds()}}
	for stage, n := range work {
		r.Work[string(stage)] = n
	}
	for stage, d := range e.Timings {
		r.Seconds[string(stage)] = d.Seconds()
	}
	return r
}

func pixels(r inference.Request) float64 {
	return float64(r.Width) * float64(r.Height) * float64(r.Frames)
}

// planned asks an engine what a clip will take; one that cannot tell says nothing.
func planned(e inference.Engine, r inference.Request) (inference.Memory, error) {
	p, ok := e.(inference.Planner)
	if !ok {
		return inference.Memory{}, nil
	}
	return p.Plan(r)
}

// machine names what the speed of a clip depends on beside its work.
func (s *Studio) machine(e inference.Engine, r inference.Request) string {
	name := s.settings.Get().Device
	if m, ok := e.(interface{ Machine() string }); ok {
		name = m.Machine()
	}
	return name + speedOf(r)
}

// speedOf names the settings that change how much of the work is really done.
func speedOf(r inference.Request) string {
	var s string
	if r.Reuse > 0 {
		s += fmt.Sprintf(", reuse %g", r.Reuse)
	}
	if r.Window == inference.AutoWindow {
		s += ", window found out"
	}
	return s
}

// learn remembers what a clip took.
func (s *Studio) learn(e inference.Engine, done history.Entry, plan inference.Memory, keeping time.Duration) {
	r := history.Run{Entry: done, Machine: s.machine(e, done.Request), Weights: fingerprint(e, done.Request, done.Model), Work: plan.Work, Keeping: keeping}
	if r.Work == nil {
		r.Work = map[inference.Stage]float64{}
	}
	var err error
	for path, to := range map[string]*string{done.Output: &r.Output, done.Master: &r.Master} {
		var n int64
		if *to, n, err = mark(path); err != nil {
			return // it was moved already; the clip is none the worse
		}
		r.Bytes += n
	}
	if err := s.history.PutRun(context.Background(), r); err != nil {
		s.events.tell(Event{Topic: HistoryChanged, Err: fmt.Errorf("what the clip took could not be written to the history: %w", err)})
	}
}
