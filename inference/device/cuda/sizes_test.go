package cuda

import (
	"testing"

	"kinora/inference/device"
	"kinora/inference/device/cuda/driver"
	"kinora/inference/tensor"
)

// TestSizesAreHeld: what a plan is said to take is what the GPU holds.
func TestSizesAreHeld(t *testing.T) {
	f := newFake()
	d, err := New(func(int) (driver.Driver, error) { return f, nil }, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	free, _ := d.Memory()
	src, draw := stack(5)
	p := compiled(t, d, src, draw)
	s, err := device.SizesOf(d, p)
	if err != nil {
		t.Fatal(err)
	}
	prog, err := d.Load(p, src, nil)
	if err != nil {
		t.Fatal(err)
	}
	now, _ := d.Memory()
	if held := free - now; held != s.Total() {
		t.Errorf("%d bytes are held, %d were planned", held, s.Total())
	}
	b, err := d.Alloc(tensor.F32, tensor.Shape{1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []device.Buffer{b, prog.Out(0)} { // a program's own is not freed
		if err := device.Free(b); err != nil {
			t.Fatal(err)
		}
	}
	if after, _ := d.Memory(); after != now {
		t.Errorf("a buffer that was given back still takes %d bytes", now-after)
	}
	if err := prog.Close(); err != nil {
		t.Fatal(err)
	}
	if after, _ := d.Memory(); after != free {
		t.Errorf("%d bytes were never given back", free-after)
	}
}
