package driver

import "fmt"

// Idle is a GPU that is not there: it takes all work and does none. Plans for it are
// those for a small GeForce (28 processors, compute capability 8.6) of so many bytes.
type Idle int64

// Info implements Driver.
func (i Idle) Info() Info {
	return Info{Name: fmt.Sprintf("a card of %.1f GB", float64(i)/1e9), Major: 8, Minor: 6, Processors: 28, Clock: 1 << 20, Shared: 99 << 10}
}

// Memory implements Driver: all of it is free.
func (i Idle) Memory() (free, total int64, err error) { return int64(i), int64(i), nil }

// Alloc implements Driver.
func (Idle) Alloc(int64) (Ptr, error) { return 0, nil }

// Free implements Driver.
func (Idle) Free(Ptr) error { return nil }

// Pin implements Driver.
func (Idle) Pin(n int64) ([]byte, error) { return make([]byte, n), nil }

// Unpin implements Driver.
func (Idle) Unpin([]byte) error { return nil }

// Launch implements Driver.
func (Idle) Launch(Stream, *Launch) error { return nil }

// Upload implements Driver.
func (Idle) Upload(Stream, Ptr, []byte) error { return nil }

// Download implements Driver: there are zeros.
func (Idle) Download(_ Stream, to []byte, _ Ptr) error { clear(to); return nil }

// Copy implements Driver.
func (Idle) Copy(Stream, Ptr, Ptr, int64) error { return nil }

// Zero implements Driver.
func (Idle) Zero(Stream, Ptr, int64) error { return nil }

// Encode implements Driver.
func (Idle) Encode(Map) ([]byte, error) { return make([]byte, MapSize), nil }

// Sync implements Driver.
func (Idle) Sync(Stream) error { return nil }

// NewEvent implements Driver.
func (Idle) NewEvent() (Event, error) { return 1, nil }

// Record implements Driver.
func (Idle) Record(Event, Stream) error { return nil }

// Wait implements Driver.
func (Idle) Wait(Stream, Event) error { return nil }

// Done implements Driver.
func (Idle) Done(Event) (bool, error) { return true, nil }

// Begin implements Driver.
func (Idle) Begin(Stream) error { return nil }

// End implements Driver.
func (Idle) End(Stream) (Graph, error) { return 1, nil }

// Replay implements Driver.
func (Idle) Replay(Graph, Stream) error { return nil }

// Drop implements Driver.
func (Idle) Drop(Graph) error { return nil }

// Close implements Driver.
func (Idle) Close() error { return nil }
