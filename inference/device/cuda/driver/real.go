//go:build cuda && (linux || windows)

package driver

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"gorgonia.org/cu"

	"kinora/kernels"
)

// oldest is the driver's CUDA version that graphs and kernels need: 11.4.
const oldest = 11040

// A real driver is a GPU's primary context.
type real struct {
	device  cu.Device
	info    Info
	streams [Streams]cu.Stream
	events  []cu.Event
	graphs  map[Graph]unsafe.Pointer
	made    Graph
	modules map[string]cu.Module
	loaded  map[string]string // what each file's kernels were loaded as
	ready   map[string]cu.Function
	params  []unsafe.Pointer
	memory  map[Ptr]bool
	lost    bool // the context is: reset it on Close
}

// Open starts the driver and takes the GPU of that index. Call it from a thread
// that is locked to its goroutine, and all methods from there.
func Open(index int) (Driver, error) {
	if err := openLibrary(); err != nil {
		return nil, err
	}
	version := cu.Version()
	if version < oldest {
		return nil, fmt.Errorf("the NVIDIA driver is too old: it speaks CUDA %d.%d, and %d.%d is needed; install a newer one",
			version/1000, version%1000/10, oldest/1000, oldest%1000/10)
	}
	n, err := cu.NumDevices()
	if err != nil {
		return nil, wrap("count GPUs", err)
	}
	if index < 0 || index >= n {
		return nil, fmt.Errorf("there is no GPU number %d; the driver finds %d", index, n)
	}
	r := &real{graphs: map[Graph]unsafe.Pointer{}, modules: map[string]cu.Module{}, loaded: map[string]string{}, ready: map[string]cu.Function{}, memory: map[Ptr]bool{}}
	if r.device, err = cu.GetDevice(index); err != nil {
		return nil, wrap("find the GPU", err)
	}
	if err := r.describe(version); err != nil {
		return nil, err
	}
	ctx, err := r.device.RetainPrimaryCtx()
	if err != nil {
		return nil, wrap("start on "+r.info.Name, err)
	}
	if err := cu.SetCurrentContext(ctx); err != nil {
		return nil, wrap("start on "+r.info.Name, err)
	}
	for s := range r.streams {
		if r.streams[s], err = cu.MakeStream(cu.NonBlocking); err != nil {
			return nil, wrap("make a stream", err)
		}
	}
	return r, nil
}

func (r *real) describe(version int) (err error) {
	i := &r.info
	i.Version = version
	if i.Name, err = r.device.Name(); err != nil {
		return wrap("name the GPU", err)
	}
	for to, a := range map[*int]cu.DeviceAttribute{
		&i.Major: cu.ComputeCapabilityMajor, &i.Minor: cu.ComputeCapabilityMinor,
		&i.Processors: cu.MultiprocessorCount, &i.Clock: cu.ClockRate,
	} {
		if *to, err = r.device.Attribute(a); err != nil {
			return wrap("describe the GPU", err)
		}
	}
	i.Shared, err = sharedLimit(r.device)
	return err
}

// wrap turns gorgonia.org/cu's errors, whose type it keeps to itself, into ours.
func (r *real) wrap(call string, err error) error {
	err = wrap(call, err)
	var e *Error
	if errors.As(err, &e) && e.Sticky() {
		r.lost = true
	}
	return err
}

func wrap(call string, err error) error {
	if err == nil {
		return nil
	}
	code, _ := strconv.Atoi(fmt.Sprintf("%d", err))
	return &Error{Call: call, Name: err.Error(), Code: code}
}

func (r *real) Info() Info { return r.info }

func (r *real) Memory() (free, total int64, err error) {
	free, total, err = cu.MemInfo()
	return free, total, r.wrap("ask for free memory", err)
}

func (r *real) Alloc(n int64) (Ptr, error) {
	p, err := cu.MemAlloc(n)
	if err == nil {
		r.memory[Ptr(p)] = true
	}
	return Ptr(p), r.wrap(fmt.Sprintf("allocate %d bytes", n), err)
}

func (r *real) Free(p Ptr) error {
	delete(r.memory, p)
	return r.wrap("free memory", cu.MemFree(cu.DevicePtr(p)))
}

func (r *real) Pin(n int64) ([]byte, error) { return pinned(max(n, 1)) }

func (r *real) Unpin(b []byte) error {
	return r.wrap("unpin memory", cu.MemFreeHost(unsafe.Pointer(unsafe.SliceData(b))))
}

// function finds a kernel, loading its file when it is the first of it.
func (r *real) function(l *Launch) (cu.Function, error) {
	if f, ok := r.ready[l.Kernel]; ok {
		return f, nil
	}
	m, ok := r.modules[l.File]
	if !ok {
		images, err := kernels.Images(r.info.Major, r.info.Minor, l.File)
		if err != nil {
			return cu.Function{}, err
		}
		if os.Getenv("KINORA_CUDA_PTX") != "" { // tests see that the last resort works
			images = images[len(images)-1:]
		}
		for _, image := range images {
			if m, err = cu.LoadData(string(image)); err == nil {
				r.loaded[l.File] = "PTX, compiled by the driver"
				if strings.HasPrefix(string(image), "\x7fELF") {
					r.loaded[l.File] = "machine code"
				}
				break
			}
		}
		if err != nil {
			return cu.Function{}, r.wrap("load the kernels of "+l.File, err)
		}
		r.modules[l.File] = m
	}
	f, err := m.Function(l.Kernel)
	if err != nil {
		return f, r.wrap("find kernel "+l.Kernel, err)
	}
	if l.Shared > 48<<10 {
		if l.Shared > r.info.Shared {
			return f, fmt.Errorf("kernel %s wants %d bytes of shared memory, and %s gives %d", l.Kernel, l.Shared, r.info.Name, r.info.Shared)
		}
		if err := allowShared(f, l.Shared); err != nil {
			return f, err
		}
	}
	r.ready[l.Kernel] = f
	return f, nil
}

// Loaded tells what each file's kernels were loaded as.
func (r *real) Loaded() map[string]string { return maps.Clone(r.loaded) }

func (r *real) Launch(s Stream, l *Launch) error {
	f, err := r.function(l)
	if err != nil {
		return err
	}
	r.params = r.params[:0]
	for i := range l.Args {
		r.params = append(r.params, unsafe.Pointer(&l.Args[i]))
	}
	return r.wrap("launch "+l.Kernel, f.Launch(l.Blocks, 1, 1, l.Threads, 1, 1, l.Shared, r.streams[s], r.params))
}

func (r *real) Upload(s Stream, to Ptr, from []byte) error {
	if len(from) == 0 {
		return nil
	}
	err := cu.MemcpyHtoDAsync(cu.DevicePtr(to), unsafe.Pointer(unsafe.SliceData(from)), int64(len(from)), r.streams[s])
	return r.wrap("copy to the GPU", err)
}

func (r *real) Download(s Stream, to []byte, from Ptr) error {
	if len(to) == 0 {
		return nil
	}
	err := cu.MemcpyDtoHAsync(unsafe.Pointer(unsafe.SliceData(to)), cu.DevicePtr(from), int64(len(to)), r.streams[s])
	return r.wrap("copy from the GPU", err)
}

func (r *real) Copy(s Stream, to, from Ptr, n int64) error {
	return r.wrap("copy", cu.MemcpyDtoDAsync(cu.DevicePtr(to), cu.DevicePtr(from), n, r.streams[s]))
}

func (r *real) Zero(s Stream, p Ptr, n int64) error {
	return r.wrap("clear memory", cu.MemsetD8Async(cu.DevicePtr(p), 0, n, r.streams[s]))
}

func (r *real) Sync(s Stream) error { return r.wrap("wait for the GPU", r.streams[s].Synchronize()) }

func (r *real) Encode(m Map) ([]byte, error) {
	if r.info.Major < 9 {
		return nil, ErrNoMaps
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	return encode(m)
}

func (r *real) NewEvent() (Event, error) {
	e, err := cu.MakeEvent(cu.DisableTiming)
	r.events = append(r.events, e)
	return Event(len(r.events) - 1), r.wrap("make an event", err)
}

func (r *real) Record(e Event, s Stream) error {
	return r.wrap("mark", r.events[e].Record(r.streams[s]))
}

func (r *real) Wait(s Stream, e Event) error {
	return r.wrap("wait for a mark", r.streams[s].Wait(r.events[e], 0))
}

func (r *real) Done(e Event) (bool, error) {
	err := r.events[e].Query()
	if err == cu.NotReady {
		return false, nil
	}
	return err == nil, r.wrap("run", err)
}

func (r *real) Begin(s Stream) error { return beginCapture(r.streams[s]) }

func (r *real) End(s Stream) (Graph, error) {
	e, err := endCapture(r.streams[s])
	if err != nil {
		return 0, err
	}
	r.made++
	r.graphs[r.made] = e
	return r.made, nil
}

func (r *real) Replay(g Graph, s Stream) error { return launchGraph(r.graphs[g], r.streams[s]) }

func (r *real) Drop(g Graph) error {
	e := r.graphs[g]
	delete(r.graphs, g)
	return destroyGraph(e)
}

// Close gives everything back. A context that is lost is made new, so that the next
// Open finds a working one.
func (r *real) Close() (err error) {
	if r.lost {
		return wrap("start the GPU anew", errors.Join(r.device.ResetPrimaryCtx(), r.device.ReleasePrimaryCtx()))
	}
	for p := range r.memory {
		err = errors.Join(err, r.wrap("free memory", cu.MemFree(cu.DevicePtr(p))))
	}
	for g := range r.graphs {
		err = errors.Join(err, r.Drop(g))
	}
	for i := range r.events {
		err = errors.Join(err, wrap("drop an event", cu.DestroyEvent(&r.events[i])))
	}
	for s := range r.streams {
		err = errors.Join(err, wrap("drop a stream", r.streams[s].Destroy()))
	}
	for _, m := range r.modules {
		err = errors.Join(err, wrap("unload kernels", m.Unload()))
	}
	return errors.Join(err, wrap("leave the GPU", r.device.ReleasePrimaryCtx()))
}
