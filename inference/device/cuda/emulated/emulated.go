// Package emulated plays a GPU on the host, for tests: a process in which the
// kernels' own sources, compiled as C++ with the address and undefined-behaviour
// sanitizers, run thread by thread (kernels/emu). It needs the repository around it
// and a C++ compiler, and knows nothing of speed.
package emulated

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"

	"kinora/inference/device/cuda/driver"
)

// ErrNoCompiler says that there is no C++ compiler: g++, or the one CXX names.
var ErrNoCompiler = errors.New("no C++ compiler (g++, or the one CXX names): the kernels cannot be run")

type gpu struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	errs    bytes.Buffer
	info    driver.Info
	graphs  [][]driver.Launch
	record  bool
	sources string
}

// Open compiles the kernels, once for every state of the sources, and starts a GPU
// of compute capability 8.0 with nothing in its memory.
func Open(int) (driver.Driver, error) {
	return start(driver.Info{Name: "emulated", Major: 8, Processors: 4, Shared: 99 << 10})
}

// OpenHopper starts one of compute capability 9.0.
func OpenHopper(int) (driver.Driver, error) { return start(hopper) }

var hopper = driver.Info{Name: "emulated Hopper", Major: 9, Processors: 2, Shared: 227 << 10}

// start starts a GPU that runs our kernels, or others.
func start(info driver.Info, others ...string) (driver.Driver, error) {
	sources, err := folder()
	if err != nil {
		return nil, err
	}
	path, err := build(sources, others)
	if err != nil {
		return nil, err
	}
	e := &gpu{cmd: exec.Command(path), sources: sources, info: info}
	e.cmd.Stderr = &e.errs
	if e.in, err = e.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := e.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	e.out = bufio.NewReader(out)
	return e, e.cmd.Start()
}

// folder finds the kernels from wherever in the repository a test runs.
func folder() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "kernels", "emu", "emu.h")); err == nil {
			return filepath.Join(dir, "kernels"), nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("the kernels' sources are not above this folder")
		}
	}
}

var building sync.Mutex

// build compiles our kernels, or others in their place.
func build(sources string, others []string) (string, error) {
	building.Lock()
	defer building.Unlock()
	cxx := os.Getenv("CXX")
	if cxx == "" {
		cxx = "g++"
	}
	if _, err := exec.LookPath(cxx); err != nil {
		return "", ErrNoCompiler
	}
	h := fnv.New64a()
	fmt.Fprint(h, cxx)
	var kernels, machine []string
	for _, pattern := range []string{"*.cu", "include/*.cuh", "emu/*", ""} {
		list, err := filepath.Glob(filepath.Join(sources, pattern))
		if err != nil {
			return "", err
		}
		switch {
		case pattern == "":
			list = others
		case pattern == "*.cu" && len(others) > 0:
			list = nil
		}
		slices.Sort(list)
		for _, f := range list {
			b, err := os.ReadFile(f)
			if err != nil {
				return "", err
			}
			fmt.Fprintln(h, filepath.Base(f), len(b))
			h.Write(b)
			switch filepath.Ext(f) {
			case ".cu":
				kernels = append(kernels, f)
			case ".cpp":
				machine = append(machine, f)
			}
		}
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	dir = filepath.Join(dir, "kinora-test")
	to := filepath.Join(dir, fmt.Sprintf("emu-%x", h.Sum64()))
	if _, err := os.Stat(to); err == nil {
		return to, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	var all bytes.Buffer
	for _, f := range kernels {
		abs, err := filepath.Abs(f)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&all, "#include %q\n", abs)
	}
	tmp, err := os.MkdirTemp(dir, "build")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	main := filepath.Join(tmp, "kernels.cpp")
	if err := os.WriteFile(main, all.Bytes(), 0o644); err != nil {
		return "", err
	}
	args := append([]string{"-std=c++17", "-O1", "-g1", "-Wall", "-Wextra", "-Werror", "-DKINORA_EMU", "-I" + filepath.Join(sources, "include"),
		"-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-o", filepath.Join(tmp, "emu"), main}, machine...)
	if out, err := exec.Command(cxx, args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile the kernels: %w\n%s", err, out)
	}
	return to, os.Rename(filepath.Join(tmp, "emu"), to)
}

// ask sends a command and reads n bytes of answer.
func (e *gpu) ask(op byte, n int, words []uint64, data []byte) ([]byte, error) {
	b := []byte{op}
	for _, w := range words {
		b = binary.NativeEndian.AppendUint64(b, w)
	}
	if _, err := e.in.Write(append(b, data...)); err != nil {
		return nil, e.died(err)
	}
	out := make([]byte, n)
	if _, err := io.ReadFull(e.out, out); err != nil {
		return nil, e.died(err)
	}
	return out, nil
}

func (e *gpu) died(err error) error {
	_ = e.cmd.Wait()
	return fmt.Errorf("the emulated GPU: %w\n%s", err, e.errs.String())
}

func (e *gpu) order(op byte, words ...uint64) error {
	_, err := e.ask(op, 8, words, nil)
	return err
}

func (e *gpu) Info() driver.Info                    { return e.info }
func (e *gpu) Memory() (free, total int64, _ error) { return 8 << 30, 8 << 30, nil }
func (e *gpu) Free(p driver.Ptr) error              { return e.order('f', uint64(p)) }
func (e *gpu) Pin(n int64) ([]byte, error)          { return make([]byte, n), nil }
func (e *gpu) Unpin([]byte) error                   { return nil }
func (e *gpu) Sync(driver.Stream) error             { return nil }
func (e *gpu) NewEvent() (driver.Event, error)      { return 0, nil }

func (e *gpu) Record(driver.Event, driver.Stream) error { return nil }
func (e *gpu) Wait(driver.Stream, driver.Event) error   { return nil }
func (e *gpu) Done(driver.Event) (bool, error)          { return true, nil }
func (e *gpu) Drop(driver.Graph) error                  { return nil }

func (e *gpu) Alloc(n int64) (driver.Ptr, error) {
	b, err := e.ask('a', 8, []uint64{uint64(n)}, nil)
	if err != nil {
		return 0, err
	}
	return driver.Ptr(binary.NativeEndian.Uint64(b)), nil
}

func (e *gpu) Upload(_ driver.Stream, to driver.Ptr, from []byte) error {
	_, err := e.ask('w', 8, []uint64{uint64(to), uint64(len(from))}, from)
	return err
}

func (e *gpu) Download(_ driver.Stream, to []byte, from driver.Ptr) error {
	b, err := e.ask('r', len(to), []uint64{uint64(from), uint64(len(to))}, nil)
	copy(to, b)
	return err
}

func (e *gpu) Copy(_ driver.Stream, to, from driver.Ptr, n int64) error {
	return e.order('c', uint64(to), uint64(from), uint64(n))
}

func (e *gpu) Zero(_ driver.Stream, p driver.Ptr, n int64) error {
	return e.order('z', uint64(p), uint64(n))
}

// Encode writes a map as emu/hopper.h reads it.
func (e *gpu) Encode(m driver.Map) ([]byte, error) {
	if e.info.Major < 9 {
		return nil, driver.ErrNoMaps
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	const magic = 0x6b696e6f7261746d
	var size [5]uint64
	var stride [4]uint64
	var box [5]uint32
	for i := range m.Size {
		size[i], box[i] = uint64(m.Size[i]), uint32(m.Box[i])
	}
	for i := range m.Stride {
		stride[i] = uint64(m.Stride[i])
	}
	b := make([]byte, 0, driver.MapSize)
	for _, w := range append(append([]uint64{magic, uint64(m.At)}, size[:]...), stride[:]...) {
		b = binary.NativeEndian.AppendUint64(b, w)
	}
	for _, w := range append(box[:], uint32(len(m.Size))) {
		b = binary.NativeEndian.AppendUint32(b, w)
	}
	return append(b, make([]byte, driver.MapSize-len(b))...), nil
}

func (e *gpu) Launch(_ driver.Stream, l *driver.Launch) error {
	if e.record {
		g := &e.graphs[len(e.graphs)-1]
		*g = append(*g, *l)
		return nil
	}
	if l.Shared > e.info.Shared {
		return fmt.Errorf("%s wants %d bytes of shared memory, and a block has %d", l.Kernel, l.Shared, e.info.Shared)
	}
	if _, err := os.Stat(filepath.Join(e.sources, l.File+".cu")); err != nil && l.File != "" {
		return err
	}
	words := []uint64{uint64(l.Blocks), uint64(l.Threads), uint64(l.Shared), uint64(len(l.Args))}
	words = append(append(words, l.Args...), uint64(len(l.Touch)))
	for _, s := range l.Touch {
		words = append(words, uint64(s.At), uint64(s.Size))
	}
	var data []byte
	for _, w := range words {
		data = binary.NativeEndian.AppendUint64(data, w)
	}
	_, err := e.ask('l', 8, []uint64{uint64(len(l.Kernel))}, append([]byte(l.Kernel), data...))
	return err
}

func (e *gpu) Close() error {
	e.in.Close()
	return e.cmd.Wait()
}

func (e *gpu) Begin(driver.Stream) error {
	e.record = true
	e.graphs = append(e.graphs, nil)
	return nil
}

func (e *gpu) End(driver.Stream) (driver.Graph, error) {
	e.record = false
	return driver.Graph(len(e.graphs) - 1), nil
}

func (e *gpu) Replay(g driver.Graph, s driver.Stream) error {
	for i := range e.graphs[g] {
		if err := e.Launch(s, &e.graphs[g][i]); err != nil {
			return err
		}
	}
	return nil
}
