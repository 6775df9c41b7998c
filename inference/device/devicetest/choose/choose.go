// Package choose gives tests the device that the variable KINORA_TEST_DEVICE
// names, so that what is proven on the CPU is proven on the others by the same
// tests: cpu (or nothing), emulated (the CUDA kernels on the host), emulated-hopper (with
// those for compute capability 9.0) or cuda. With KINORA_TEST_PRECISION, exact or fast,
// all but the first compute so.
package choose

import (
	"errors"
	"os"
	"testing"

	"kinora/inference/device"
	"kinora/inference/device/cpu"
	"kinora/inference/device/cuda"
	"kinora/inference/device/cuda/emulated"
)

// Device returns the device, to be closed when the test ends.
func Device(t *testing.T) device.Device {
	t.Helper()
	var d device.Device
	var err error
	switch name := os.Getenv("KINORA_TEST_DEVICE"); name {
	case "", "cpu":
		d = cpu.New(cpu.Options{})
	case "emulated":
		d, err = cuda.New(emulated.Open, options(t))
	case "emulated-hopper":
		d, err = cuda.New(emulated.OpenHopper, options(t))
	case "cuda":
		d, err = cuda.Open(options(t))
	default:
		t.Fatalf("KINORA_TEST_DEVICE=%s: want cpu, emulated-hopper or cuda", name)
	}
	if errors.Is(err, emulated.ErrNoCompiler) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// trusted has a Hopper's own kernels used unproved: that they are right is the question.
type trusted struct{}

func (trusted) Vet(*cuda.Device) error { return nil }

// options leave a Hopper's own kernels out where KINORA_TEST_KERNELS is mma.
func options(t *testing.T) cuda.Options {
	return cuda.Options{Precision: precision(t), Vet: trusted{}, Mma: os.Getenv("KINORA_TEST_KERNELS") == "mma"}
}

func precision(t *testing.T) cuda.Precision {
	name := os.Getenv("KINORA_TEST_PRECISION")
	p, ok := map[string]cuda.Precision{"": cuda.Auto, "auto": cuda.Auto, "exact": cuda.Exact, "fast": cuda.Fast}[name]
	if !ok {
		t.Fatalf("KINORA_TEST_PRECISION=%s: want auto, exact or fast", name)
	}
	return p
}
