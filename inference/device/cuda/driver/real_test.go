//go:build cuda && linux

package driver

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The whole way from Go through gorgonia.org/cu to a driver's functions, with a
// driver of our own at the end. Each part is a process of its own: a driver is
// opened once.
func TestThroughFakeDriver(t *testing.T) {
	if part := os.Getenv("DRIVER_TEST_PART"); part != "" {
		runtime.LockOSThread()
		parts[part](t)
		return
	}
	lib := filepath.Join(t.TempDir(), "libfake.so")
	if out, err := exec.Command("gcc", "-shared", "-fPIC", "-o", lib, "testdata/fake.c").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	bare := filepath.Join(t.TempDir(), "libbare.so") // from before CUDA 12
	if out, err := exec.Command("gcc", "-shared", "-fPIC", "-DNO_MAPS", "-o", bare, "testdata/fake.c").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for part, env := range map[string][]string{
		"none": {"KINORA_CUDA_DRIVER=libno-such-driver.so"}, "nogpu": {"FAKE_NO_GPU=1"}, "old": {"FAKE_OLD=1"}, "whole": nil, "ptx": {"FAKE_PTX_ONLY=1"},
		"hopper": {"FAKE_HOPPER=1"}, "nomaps": {"FAKE_HOPPER=1", "KINORA_CUDA_DRIVER=" + bare},
	} {
		t.Run(part, func(t *testing.T) {
			c := exec.Command(os.Args[0], "-test.run=TestThroughFakeDriver$")
			c.Env = append(append(os.Environ(), "DRIVER_TEST_PART="+part, "KINORA_CUDA_DRIVER="+lib, "FAKE_LOG="+filepath.Join(t.TempDir(), "log")), env...)
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

var parts = map[string]func(t *testing.T){
	"hopper": hopper,
	"nomaps": func(t *testing.T) {
		if _, err := opened(t).Encode(Map{At: 256, Size: []int{64}, Box: []int{64}}); !errors.Is(err, ErrNoMaps) {
			t.Error(err)
		}
	},
	"none":  refused("no NVIDIA driver is installed"),
	"nogpu": refused("finds no GPU"),
	"old":   refused("too old: it speaks CUDA 11.2, and 11.4 is needed"),
	"whole": whole,
	"ptx": func(t *testing.T) {
		d := opened(t)
		if err := d.Launch(Compute, &Launch{File: "act", Kernel: "act", Blocks: 1, Threads: 256, Args: []uint64{1, 2}}); err != nil {
			t.Fatal(err)
		}
	},
}

func refused(want string) func(t *testing.T) {
	return func(t *testing.T) {
		if _, err := Open(0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func opened(t *testing.T) Driver {
	t.Helper()
	d, err := Open(0)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Maps go to the driver as they should, and files for Hopper are loaded as machine code.
func hopper(t *testing.T) {
	d := opened(t)
	if i := d.Info(); i.Major != 9 || i.Minor != 0 || i.Shared != 232448 {
		t.Errorf("%+v", i)
	}
	m := Map{At: 0x7000, Size: []int{200, 77}, Stride: []int64{400}, Box: []int{64, 128}}
	b, err := d.Encode(m)
	if err != nil || !bytes.Equal(b, bytes.Repeat([]byte{0x5a}, MapSize)) {
		t.Errorf("%x, %v", b, err)
	}
	m.Size[0] = 13
	var failed *Error
	if _, err := d.Encode(m); !errors.As(err, &failed) || failed.Code != 1 {
		t.Errorf("what the driver refuses: %v", err)
	}
	for _, bad := range []Map{
		{}, {At: 8, Size: []int{64}, Box: []int{64}}, {Size: []int{64}, Box: []int{32}}, {Size: []int{64, 0}, Stride: []int64{128}, Box: []int{64, 1}},
		{Size: []int{64, 1}, Stride: []int64{130}, Box: []int{64, 1}}, {Size: []int{64, 1}, Stride: []int64{128}, Box: []int{64, 257}},
		{Size: []int{64, 1}, Box: []int{64, 1}},
	} {
		if _, err := d.Encode(bad); err == nil || errors.As(err, &failed) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	for _, file := range []string{"matmul_sm90a", "attention_sm90a"} {
		if err := d.Launch(Compute, &Launch{File: file, Kernel: file, Blocks: 132, Threads: 384, Shared: 230000, Args: []uint64{1, 2}}); err != nil {
			t.Error(err)
		}
	}
	log, err := os.ReadFile(os.Getenv("FAKE_LOG"))
	const want = "map type 1 rank 2 at 0x7000 size 200 77 stride 400 box 64 128 step 1 1 modes 0 3 3 0;load machine code;" +
		"matmul_sm90a attribute 8 = 230000;matmul_sm90a 132x384 shared 230000 arguments 1 2;load machine code;"
	if err != nil || !strings.HasPrefix(string(log), want) {
		t.Errorf("the driver saw\n%s, %v\nwant\n%s", log, err, want)
	}
}

func whole(t *testing.T) {
	if _, err := Open(1); err == nil || !strings.Contains(err.Error(), "no GPU number 1") {
		t.Error(err)
	}
	d := opened(t)
	if i := d.Info(); i.Name != "Fake RTX" || i.Major != 8 || i.Minor != 6 || i.Processors != 28 || i.Shared != 101376 {
		t.Errorf("%+v", i)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	p, err := d.Alloc(64)
	must(err)
	q, err := d.Alloc(64)
	must(err)
	in, err := d.Pin(64)
	must(err)
	copy(in, "what is written is read")
	must(d.Zero(Compute, q, 64))
	must(d.Upload(Copies, p, in))
	must(d.Copy(Compute, q, p, 8))
	out := make([]byte, 64)
	must(d.Download(Compute, out, q))
	if !bytes.HasPrefix(out, []byte("what is \x00")) {
		t.Errorf("%q", out)
	}
	e, err := d.NewEvent()
	must(err)
	must(d.Record(e, Compute))
	must(d.Wait(Copies, e))
	if done, err := d.Done(e); done || err != nil {
		t.Error(done, err)
	}
	if done, err := d.Done(e); !done || err != nil {
		t.Error(done, err)
	}
	must(d.Begin(Compute))
	must(d.Launch(Compute, &Launch{File: "matmul", Kernel: "matmul_bf16_128x128", Blocks: 7, Threads: 128, Shared: 49152, Args: []uint64{11, 22, 33}}))
	must(d.Launch(Compute, &Launch{File: "attention", Kernel: "attention_bf16_128", Blocks: 3, Threads: 128, Shared: 81920, Args: []uint64{44, 55}}))
	g, err := d.End(Compute)
	must(err)
	must(d.Replay(g, Compute))
	must(d.Drop(g))
	if err := d.Launch(Compute, &Launch{File: "attention", Kernel: "attention_bf16_64", Shared: 1 << 20, Args: []uint64{1, 2}}); err == nil {
		t.Error("a megabyte of shared memory was given")
	}
	if err := d.Launch(Compute, &Launch{File: "nothing", Kernel: "x"}); err == nil {
		t.Error("a kernel that does not exist was launched")
	}
	_, err = d.Alloc(1 << 40)
	var failed *Error
	if !errors.As(err, &failed) || failed.Code != OutOfMemory || failed.Sticky() {
		t.Error(err)
	}
	must(d.Free(p))
	must(d.Unpin(in))
	// what a kernel does wrong is told by the next call, and the context is made new
	must(d.Launch(Compute, &Launch{File: "copy", Kernel: "copy", Blocks: 666, Threads: 256, Args: []uint64{1, 2}}))
	if err := d.Sync(Compute); !errors.As(err, &failed) || !failed.Sticky() {
		t.Error(err)
	}
	must(d.Close())
	want := "load machine code;record matmul_bf16_128x128 7x128 shared 49152 arguments 11 22;load machine code;" +
		"attention_bf16_128 attribute 8 = 81920;record attention_bf16_128 3x128 shared 81920 arguments 44 55;replay;"
	log, err := os.ReadFile(os.Getenv("FAKE_LOG"))
	must(err)
	if got := string(log); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "reset;release;") {
		t.Errorf("the driver saw\n%s\nwant\n%s", got, want)
	}
}
