package main

import (
	"fmt"
	"runtime"
	"time"

	"kinora/app/studio"
	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/cpu"
	"kinora/inference/device/cuda"
	"kinora/inference/device/cuda/driver"
)

// least is the memory that a GPU must have free to be chosen by itself: the built-in
// model's largest clip, and blocks of larger models passing through.
const least = 2 << 30

// vetLimit is how long a GPU's kernels may take to be proved; it takes seconds.
const vetLimit = 30 * time.Second

// pinnable leaves half of the computer's memory to the files that weights come from and to
// other programs.
func pinnable() int64 { return min(12<<30, cpu.Free()/2) }

// openDevice opens the device that o names. Auto is the GPU where there is one that
// will do, and else the CPU; cuda-mma is the GPU without the kernels for Hopper.
func openDevice(o studio.EngineOptions, openCUDA func(cuda.Options) (device.Device, error)) (device.Device, error) {
	c := cuda.Options{Index: o.GPU, Precision: precisionOf(o.Precision), Small: cuda.SmallModel, Plain: o.Plain, Pinnable: pinnable,
		Vet: vetter{gpu: o.GPU, limit: vetLimit}}
	open := func() (device.Device, error) {
		d, err := openCUDA(c)
		if t, ok := d.(tunable); ok && err == nil && c.Precision != cuda.Exact { // which has one tile
			tuner{gpu: o.GPU}.tune(t)
		}
		return d, err
	}
	switch o.Device {
	case "cuda", "cuda-mma":
		c.Mma = o.Device == "cuda-mma"
		return open()
	case "", "auto":
		c.Least = least
		if d, err := open(); err == nil {
			return d, nil
		}
	case "cpu":
	case "card": // one that need not be there, for plans
		if o.Memory == 0 {
			o.Memory = 24e9
		}
		return cuda.New(func(int) (driver.Driver, error) { return driver.Idle(o.Memory), nil }, cuda.Options{Precision: c.Precision, Small: c.Small})
	default:
		return nil, fmt.Errorf("%w: %q; choose auto, cpu, cuda or cuda-mma", inference.ErrNoDevice, o.Device)
	}
	return cpu.New(cpu.Options{Threads: threads(o), BF16: bf16(o)}), nil
}

// bf16 reports whether the CPU is to multiply in bfloat16: only by name, since no
// precision at all means exact.
func bf16(o studio.EngineOptions) bool {
	return (o.Precision == "bf16" || o.Precision == "bfloat16") && cpu.BF16()
}

// threads is how many o asks for.
func threads(o studio.EngineOptions) int {
	if o.Threads == 0 {
		return cores
	}
	return o.Threads
}

// machineOf names a device with all that changes how fast it is.
func machineOf(d device.Device, o studio.EngineOptions) string {
	name := d.Name()
	if name == "cpu" {
		name = fmt.Sprintf("cpu, %d threads of %s", threads(o), runtime.GOARCH)
		if bf16(o) {
			name += ", bf16"
		}
		return name
	}
	if o.Precision != "" {
		name += ", " + o.Precision
	}
	if o.Plain {
		name += ", launch by launch"
	}
	return name
}

// precisionOf is what inference_config.yaml calls precision.
func precisionOf(name string) cuda.Precision {
	switch name {
	case "fp32", "float32":
		return cuda.Exact
	case "bf16", "bfloat16", "fp16", "float16", "fp8":
		return cuda.Fast
	}
	return cuda.Auto
}
