package cuda

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kinora/inference/device/cuda/driver"
)

// A fake is a GPU that computes nothing and writes down what it is told, for what
// is about order, memory and errors.
type fake struct {
	info     driver.Info
	free     int64
	next     driver.Ptr
	held     map[driver.Ptr]int64
	pinned   int
	events   int
	graphs   int
	log      []string
	quiet    bool
	fail     map[string]error
	calls    map[string]int
	busy     int // how often Done says no
	onLaunch func(n int)
	launches int
}

func newFake() *fake {
	return &fake{info: driver.Info{Name: "Fake GPU", Major: 8, Minor: 6, Processors: 4, Clock: 1 << 30, Shared: 99 << 10}, free: 8 << 30,
		next: 1 << 20, held: map[driver.Ptr]int64{}, fail: map[string]error{}, calls: map[string]int{}}
}

// note writes a line, and returns the error that was planned for the call.
func (f *fake) note(call, format string, a ...any) error {
	f.calls[call]++
	if err := f.fail[call]; err != nil {
		return err
	}
	if !f.quiet {
		f.log = append(f.log, strings.TrimSpace(call+" "+fmt.Sprintf(format, a...)))
	}
	return nil
}

func (f *fake) Info() driver.Info { return f.info }
func (f *fake) Memory() (free, total int64, _ error) {
	var used int64
	for _, n := range f.held {
		used += n
	}
	return f.free - used, f.free, nil
}

func (f *fake) Alloc(n int64) (driver.Ptr, error) {
	if err := f.fail["alloc"]; err != nil {
		f.calls["alloc"]++
		return 0, err
	}
	p := f.next
	f.next += driver.Ptr(roundUp(n))
	f.held[p] = n
	return p, nil
}

func (f *fake) Free(p driver.Ptr) error {
	if _, ok := f.held[p]; !ok {
		return fmt.Errorf("%x is freed twice or was never had", p)
	}
	delete(f.held, p)
	return nil
}

func (f *fake) Pin(n int64) ([]byte, error) {
	f.pinned++
	return make([]byte, n), nil
}

func (f *fake) Unpin([]byte) error {
	f.pinned--
	return nil
}

func (f *fake) Launch(s driver.Stream, l *driver.Launch) error {
	f.launches++
	if f.onLaunch != nil {
		f.onLaunch(f.launches)
	}
	return f.note("launch", "%s on %d", l.Kernel, s)
}

func (f *fake) Upload(s driver.Stream, _ driver.Ptr, from []byte) error {
	return f.note("upload", "%d on %d", len(from), s)
}

func (f *fake) Download(s driver.Stream, to []byte, _ driver.Ptr) error {
	return f.note("download", "%d on %d", len(to), s)
}
func (f *fake) Copy(s driver.Stream, _, _ driver.Ptr, n int64) error {
	return f.note("copy", "%d on %d", n, s)
}
func (f *fake) Zero(s driver.Stream, _ driver.Ptr, n int64) error {
	return f.note("zero", "%d on %d", n, s)
}
func (f *fake) Sync(s driver.Stream) error { return f.note("sync", "%d", s) }

func (f *fake) Encode(m driver.Map) ([]byte, error) {
	if f.info.Major < 9 {
		return nil, driver.ErrNoMaps
	}
	return make([]byte, driver.MapSize), errors.Join(m.Check(), f.note("encode", "%v of %v", m.Box, m.Size))
}

func (f *fake) NewEvent() (driver.Event, error) {
	f.events++
	return driver.Event(f.events), nil
}

func (f *fake) Record(e driver.Event, s driver.Stream) error { return f.note("mark", "%d on %d", e, s) }
func (f *fake) Wait(s driver.Stream, e driver.Event) error {
	return f.note("wait", "for %d on %d", e, s)
}

func (f *fake) Done(driver.Event) (bool, error) {
	if err := f.fail["done"]; err != nil {
		return false, err
	}
	f.busy--
	return f.busy < 0, nil
}

func (f *fake) Begin(driver.Stream) error { return f.note("begin", "") }
func (f *fake) End(driver.Stream) (driver.Graph, error) {
	f.graphs++
	return driver.Graph(f.graphs), f.note("end", "")
}

func (f *fake) Replay(g driver.Graph, s driver.Stream) error {
	return f.note("replay", "%d on %d", g, s)
}

func (f *fake) Drop(driver.Graph) error {
	f.graphs--
	return nil
}

func (f *fake) Close() error {
	f.calls["close"]++
	return nil
}

// take returns what was noted since the last time, without what only waits.
func (f *fake) take() []string {
	l := slices.DeleteFunc(f.log, func(s string) bool { return strings.HasPrefix(s, "sync") })
	f.log = nil
	return l
}

// faked is a device on a fake.
func faked(t *testing.T, f *fake, o Options) *Device {
	t.Helper()
	d, err := New(func(int) (driver.Driver, error) { return f, nil }, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d.(*Device)
}
