// Package history remembers every job and what came of it, in one SQLite file
// that several processes may share. It does not know how clips are made, and
// touches no file but its own.
package history

import (
	"time"

	"kinora/app/job"
	"kinora/inference"
)

// An Entry is one job as remembered.
type Entry struct {
	ID        job.ID                            `json:"id"`
	State     job.State                         `json:"state"`
	Request   inference.Request                 `json:"request"` // Image is nil; see ImagePath
	ImagePath string                            `json:"image_path,omitempty"`
	Model     ModelID                           `json:"model"`
	Output    string                            `json:"output,omitempty"` // the MP4; empty until done
	Master    string                            `json:"master,omitempty"` // the lossless frames; empty until done
	Timings   map[inference.Stage]time.Duration `json:"timings_ns,omitempty"`
	Created   time.Time                         `json:"created"`
	Started   time.Time                         `json:"started,omitzero"`
	Ended     time.Time                         `json:"ended,omitzero"`
	Err       string                            `json:"error,omitempty"`
	Deleted   time.Time                         `json:"deleted,omitzero"` // zero unless deleted and not yet purged
}

// A ModelID says which weights made a clip.
type ModelID struct {
	Name  string `json:"name"`
	Hash  string `json:"hash,omitempty"` // of the weights; empty when not known
	Bytes int64  `json:"bytes,omitempty"`
}

// A Filter narrows a search; its zero value finds the newest entries.
type Filter struct {
	Search  string      // words, or any part of Chinese or Japanese text, in prompt and model
	States  []job.State // none: all
	Model   string
	Before  job.ID // only entries older than this one: the last of the page before
	Limit   int    // 0: 100
	Deleted bool   // the deleted ones in place of the others
}
