package inference

// Memory says, before anything is loaded, what a clip will take.
type Memory struct {
	Request Request `json:"request"` // completed
	Device  string  `json:"device"`
	Room    int64   `json:"room_bytes"` // what it may take
	Peak    int64   `json:"peak_bytes"` // what it will take, at the worst moment
	Host    int64   `json:"host_bytes"` // on the computer's side: frames, and what waits between two parts
	Shared  bool    `json:"shared"`     // the device's memory is the computer's: Host is part of Peak
	Phases  []Phase `json:"phases"`
	// Work is the floating-point operations of each stage.
	Work map[Stage]float64 `json:"work_flops"`
}

// A Phase is one program on the way. Phases follow one another: what a phase took
// is given back before the next begins, except for what Held counts.
type Phase struct {
	Stage Stage  `json:"stage"`
	Name  string `json:"name"`
	// The weights: those that stay while it runs, those that come by in their turn,
	// block by block, and those that are read where the file has them.
	Resident int64 `json:"resident_bytes"`
	Streamed int64 `json:"streamed_bytes"`
	Mapped   int64 `json:"mapped_bytes"`
	Staging  int64 `json:"staging_bytes"` // the room that streamed weights come by in
	Working  int64 `json:"working_bytes"` // values, caches, weights made ready
	Held     int64 `json:"held_bytes"`    // latents and what else is there meanwhile
	Total    int64 `json:"total_bytes"`
	Rows     int   `json:"rows,omitempty"`  // of feed-forward layers at a time; 0: all
	Tiles    int   `json:"tiles,omitempty"` // pieces a frame is decoded in; 0: whole
}

// A Planner is an engine that can tell what a clip will take. The error wraps
// ErrNoMemory where it does not fit, and names the nearest settings that do.
type Planner interface {
	Plan(r Request) (Memory, error)
}
