package cuda

import (
	"errors"
	"fmt"
	"testing"

	"kinora/inference/device/cuda/emulated"
	"kinora/inference/device/devicetest"
	"kinora/inference/graph"
)

// onHopper is a device on an emulated GPU of compute capability 9.0.
func onHopper(t *testing.T, o Options) *Device {
	t.Helper()
	d, err := New(emulated.OpenHopper, o)
	if errors.Is(err, emulated.ErrNoCompiler) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d.(*Device)
}

// Whatever tile is chosen, and into how many parts K is cut, products for compute
// capability 9.0 are right.
func TestEveryWideTile(t *testing.T) {
	for _, c := range []struct {
		force string
		parts int
	}{{"128x256", 1}, {"128x192", 1}, {"128x128", 1}, {"64x128", 1}, {"64x128", 2}, {"128x256", 3}} {
		t.Run(fmt.Sprint(c.force, " in ", c.parts), func(t *testing.T) {
			d := onHopper(t, Options{})
			d.wide, d.force, d.forceParts = true, c.force, c.parts
			for _, op := range []graph.Op{graph.MatMul, graph.Composite} {
				for _, k := range devicetest.Cases()[op] {
					t.Run(k.Name, func(t *testing.T) { k.Run(t, d) })
				}
			}
		})
	}
}

// Attention for compute capability 9.0 is right with either number of keys.
func TestAttentionAhead(t *testing.T) {
	for _, force := range []string{"128 keys", "176 keys"} {
		t.Run(force, func(t *testing.T) {
			d := onHopper(t, Options{Precision: Fast})
			d.wide, d.force = true, force
			for _, k := range devicetest.Cases()[graph.Attention] {
				t.Run(k.Name, func(t *testing.T) { k.Run(t, d) })
			}
		})
	}
}
