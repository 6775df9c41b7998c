// Package driver is what the CUDA device needs of a GPU: memory, streams, events,
// kernels by name and recorded launches. Open gives the real one, through
// gorgonia.org/cu, in builds with the tag cuda; tests play their own. It knows no
// operations and no plans.
//
// A driver is for one OS thread: all its methods are called from the one that
// opened it.
package driver

// A Ptr is an address in the GPU's memory; 0 is none.
type Ptr uint64

// A Stream is a queue of work; what is in different ones may run side by side.
type Stream int

// The streams: kernels, copies of weights, and the one that interrupts.
const (
	Compute Stream = iota
	Copies
	Control
	Streams
)

// Info is what a GPU is.
type Info struct {
	Name         string
	Major, Minor int // compute capability
	Processors   int
	Clock        int // kHz
	Shared       int // bytes of shared memory a block may have
	Version      int // of CUDA that the driver speaks, as 1000·major + 10·minor
}

// A Launch is a kernel about to run.
type Launch struct {
	File, Kernel    string // kernels/<File>.cu and the function in it
	Blocks, Threads int
	Shared          int // bytes
	Args            []uint64
	Touch           []Span // all memory it reads and writes; real GPUs do not look
}

// A Span is a piece of memory.
type Span struct {
	At   Ptr
	Size int64
}

// An Event is a mark in a stream, a Graph a recorded run of launches.
type (
	Event int
	Graph int
)

// A Driver runs one GPU.
type Driver interface {
	Info() Info
	Memory() (free, total int64, err error)
	Alloc(n int64) (Ptr, error)
	Free(p Ptr) error
	// Pin gives host memory that copies can be taken from while others run.
	Pin(n int64) ([]byte, error)
	Unpin(b []byte) error

	Launch(s Stream, l *Launch) error
	// Upload and Download return at once when the host's side is pinned.
	Upload(s Stream, to Ptr, from []byte) error
	Download(s Stream, to []byte, from Ptr) error
	Copy(s Stream, to, from Ptr, n int64) error
	Zero(s Stream, p Ptr, n int64) error
	Sync(s Stream) error

	// Encode makes MapSize bytes of a map, for kernels to read at a multiple of 64; the
	// error is ErrNoMaps where the GPU or its driver has none.
	Encode(m Map) ([]byte, error)

	NewEvent() (Event, error)
	Record(e Event, s Stream) error
	// Wait holds a stream's later work until the event's last mark is passed.
	Wait(s Stream, e Event) error
	Done(e Event) (bool, error)

	// Begin records instead of running what follows in a stream, until End.
	Begin(s Stream) error
	End(s Stream) (Graph, error)
	Replay(g Graph, s Stream) error
	Drop(g Graph) error

	Close() error
}

// An Error is a call of the driver that failed.
type Error struct {
	Call, Name string
	Code       int
}

func (e *Error) Error() string { return e.Call + ": " + e.Name }

// Codes of errors that are told apart.
const (
	OutOfMemory = 2
	NoDevice    = 100
)

// Sticky reports whether the GPU's context is lost with the error: an invalid
// access, a launch that timed out, a device that fell off.
func (e *Error) Sticky() bool {
	switch e.Code {
	case 4, 46, 214, 220, 700, 702, 710, 713, 714, 715, 716, 717, 718, 719, 721:
		return true
	}
	return false
}
