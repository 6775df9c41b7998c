package cpu

import (
	"fmt"

	"kinora/inference/device"
	"kinora/inference/device/cpu/simd"
	"kinora/inference/tensor"
)

type buffer struct {
	dtype tensor.DType
	shape tensor.Shape
	b     []byte
	of    *ledger // of memory of its own; nil for a program's
}

func (b *buffer) DType() tensor.DType { return b.dtype }
func (b *buffer) Shape() tensor.Shape { return b.shape }

func (b *buffer) Write(p []byte) error {
	if len(p) != len(b.b) {
		return fmt.Errorf("write %d bytes into %v %v of %d", len(p), b.dtype, b.shape, len(b.b))
	}
	copy(b.b, p)
	return nil
}

func (b *buffer) Read(p []byte) error {
	if len(p) != len(b.b) {
		return fmt.Errorf("read %d bytes of %v %v of %d", len(p), b.dtype, b.shape, len(b.b))
	}
	copy(p, b.b)
	return nil
}

func (b *buffer) Copy(from device.Buffer) error {
	f, ok := from.(*buffer)
	if !ok {
		return fmt.Errorf("copy from another device")
	}
	copy(b.b, f.b)
	return nil
}

// Free gives the memory back.
func (b *buffer) Free() error {
	var err error
	if b.of != nil {
		b.of.give(int64(len(b.b)))
		err = simd.Free(b.b)
	}
	b.b, b.of = nil, nil
	return err
}
