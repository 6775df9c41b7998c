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
	ID        job.ID
	State     job.State
	Request   inference.Request // Image is nil; see ImagePath
	ImagePath string
	Model     ModelID
	Output    string // the MP4; empty until done
	Master    string // the lossless frames; empty until done
	Timings   map[inference.Stage]time.Duration
	Created   time.Time
	Started   time.Time
	Ended     time.Time
	Err       string
	Deleted   time.Time // zero unless deleted and not yet purged
}

// A ModelID says which weights made a clip.
type ModelID struct {
	Name  string
	Hash  string // of the weights; empty when not known
	Bytes int64
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
