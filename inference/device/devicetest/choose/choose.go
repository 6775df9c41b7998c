// Package choose gives tests the device that the variable KINORA_TEST_DEVICE
// names, so that what is proven on the CPU is proven on the others by the same
// tests: cpu (or nothing), emulated (the CUDA kernels on the host) or cuda.
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
		d, err = cuda.New(emulated.Open, cuda.Options{})
	case "cuda":
		d, err = cuda.Open(cuda.Options{})
	default:
		t.Fatalf("KINORA_TEST_DEVICE=%s: want cpu, emulated or cuda", name)
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
