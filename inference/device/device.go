// Package device says what it takes to run a plan. There is one folder per
// device. Devices differ in how they run operations, never in which results they
// give beyond rounding: devicetest holds them all to the CPU's. It does not know
// what the plans are for.
package device

import (
	"context"

	"kinora/inference/plan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// A Device owns memory and runs programs. Its methods, and those of what it
// gives out, are for one goroutine at a time.
type Device interface {
	Name() string
	// Memory returns what may still be taken and what there is, in bytes.
	Memory() (free, total int64)
	// Options says how plans for the device are made.
	Options() plan.Options
	// Alloc gives zeroed memory that outlives programs.
	Alloc(tensor.DType, tensor.Shape) (Buffer, error)
	// Load gives a plan its memory and its weights. When with is not nil, states
	// and what was prepared from weights are shared with that program, which must
	// be of the same device and source.
	Load(p *plan.Plan, src weights.Source, with Program) (Program, error)
	Close() error
}

// A Program is a loaded plan. Its inputs and outputs keep their places between
// runs, so a device may record the first run and replay it after.
type Program interface {
	In(name string) Buffer
	Out(i int) Buffer
	// Reset makes the states zeros again.
	Reset() error
	// Run does every step. When ctx ends it stops between two of them.
	Run(ctx context.Context) error
	Close() error
}

// A Buffer is device memory. Copies between buffers of one device do not pass
// through the host.
type Buffer interface {
	DType() tensor.DType
	Shape() tensor.Shape
	Write([]byte) error
	Read([]byte) error
	// Copy takes as many bytes as the smaller of the two holds, from the start.
	Copy(from Buffer) error
}
