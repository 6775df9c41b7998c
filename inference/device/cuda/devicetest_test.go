package cuda

import (
	"errors"
	"fmt"
	"testing"

	"kinora/inference/device"
	"kinora/inference/device/cuda/emulated"
	"kinora/inference/device/devicetest"
	"kinora/inference/graph"
)

// The kernels themselves, run on the host, and everything between them and a plan.
func TestOperations(t *testing.T) {
	for name, p := range map[string]Precision{"auto": Auto, "exact": Exact, "fast": Fast} {
		for op, cases := range devicetest.Cases() {
			if p == Fast && op != graph.Attention || p == Exact && op != graph.MatMul && op != graph.Conv3D && op != graph.Composite {
				continue // these do not differ
			}
			t.Run(fmt.Sprint(name, "/", op), func(t *testing.T) {
				d := onHost(t, Options{Precision: p})
				for _, c := range cases {
					t.Run(c.Name, func(t *testing.T) { c.Run(t, d) })
				}
			})
		}
	}
}

// onHost is a device on the emulated GPU.
func onHost(t *testing.T, o Options) device.Device {
	t.Helper()
	d, err := New(emulated.Open, o)
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
	return d
}
