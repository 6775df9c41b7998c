package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"kinora/app/job"
)

// After the last of several clips that were asked for together they are offered for
// comparing, in the order of the lines, without those that came to nothing.
func TestSeriesIsOfferedForComparing(t *testing.T) {
	f := newFake()
	r := newRig(t, f)
	r.compose.lines.SetChecked(true)
	r.write("one\ntwo\nthree\nfour")
	test.Tap(r.compose.generate)
	r.settle()
	var ids []job.ID
	for _, j := range f.Jobs() {
		ids = append(ids, j.ID)
	}
	if len(ids) != 4 {
		t.Fatalf("%d jobs", len(ids))
	}
	f.step(ids[1], job.Done, nil)
	f.step(ids[0], job.Done, nil)
	f.Cancel(ids[2])
	r.settle()
	if got := r.over.Message(); got != "" {
		t.Errorf("before the last one: %q", got)
	}
	f.step(ids[3], job.Done, nil)
	r.wait(time.Minute) // one may be elsewhere
	if got := r.over.Message(); got != "3 clips are ready" {
		t.Fatalf("after the last one: %q", got)
	}
	test.Tap(r.over.Action())
	r.settle()
	var got []string
	for _, e := range r.stage.entries {
		got = append(got, e.Request.Prompt)
	}
	if len(got) != 3 || got[0] != "one" || got[1] != "two" || got[2] != "four" || !r.gallery.picking {
		t.Errorf("compared are %q", got)
	}
	if r.together([]job.ID{"a"}); r.series != nil {
		t.Error("a single clip is no series")
	}
}
