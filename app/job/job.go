// Package job runs requests one after another on one engine and tells whoever
// watches how they fare. It does not know what a clip is kept as, nor where.
package job

import (
	"time"

	"kinora/inference"
)

// An ID names a job, and the clip that comes of it. IDs sort by time of birth.
type ID string

// A State is where a job stands. A job only ever moves forward through them.
type State string

// The states, in order; the last four are ends.
const (
	Queued      State = "queued"
	Running     State = "running"
	Done        State = "done"
	Failed      State = "failed"
	Cancelled   State = "cancelled"
	Interrupted State = "interrupted" // the program ended before the job did
)

// Ended reports whether nothing more will happen to a job in this state.
func (s State) Ended() bool { return s != Queued && s != Running }

// A Job is a snapshot of one request's fate.
type Job struct {
	ID        ID
	Request   inference.Request
	ImagePath string // file that Request.Image was read from, or empty
	Anew      bool   // to be made even if the history has it
	State     State
	// Progress keeps the newest preview until the job ends.
	Progress inference.Progress
	ETA      time.Duration // 0: not known yet
	Created  time.Time
	Started  time.Time
	Ended    time.Time
	Err      string // one plain sentence; empty unless failed or interrupted
	Cause    error  // what Err was made from, to tell kinds apart
	// HistoryID names the entry in the history once there is one.
	HistoryID ID
	Timings   map[inference.Stage]time.Duration // set when done
}
