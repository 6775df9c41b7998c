package cuda

import (
	"fmt"

	"kinora/inference/device"
	"kinora/inference/device/cuda/driver"
	"kinora/inference/tensor"
)

type buffer struct {
	dev   *Device
	dtype tensor.DType
	shape tensor.Shape
	at    driver.Ptr
	size  int64
	own   bool // given by Alloc
}

func (b *buffer) DType() tensor.DType { return b.dtype }
func (b *buffer) Shape() tensor.Shape { return b.shape }

func (b *buffer) Write(p []byte) error {
	if int64(len(p)) != b.size {
		return fmt.Errorf("write %d bytes into %v %v of %d", len(p), b.dtype, b.shape, b.size)
	}
	return b.dev.do(func() error {
		if err := b.dev.drv.Upload(driver.Compute, b.at, p); err != nil {
			return err
		}
		return b.dev.drv.Sync(driver.Compute)
	})
}

func (b *buffer) Read(p []byte) error {
	if int64(len(p)) != b.size {
		return fmt.Errorf("read %d bytes of %v %v of %d", len(p), b.dtype, b.shape, b.size)
	}
	return b.dev.do(func() error {
		if err := b.dev.drv.Download(driver.Compute, p, b.at); err != nil {
			return err
		}
		return b.dev.drv.Sync(driver.Compute)
	})
}

func (b *buffer) Copy(from device.Buffer) error {
	f, ok := from.(*buffer)
	if !ok || f.dev != b.dev {
		return fmt.Errorf("copy from another device")
	}
	return b.dev.do(func() error { return b.dev.drv.Copy(driver.Compute, b.at, f.at, min(b.size, f.size)) })
}
