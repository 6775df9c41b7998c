package bench

import (
	"maps"
	"slices"

	"kinora/inference/device"
)

// tiles are kernels by themselves, where the device has several for the same and measures
// them.
func (b *bench) tiles() error {
	d, ok := b.Device.(interface {
		Measure() (device.Speeds, error)
	})
	if !ok || b.Size == Tiny {
		return nil
	}
	speeds, err := d.Measure()
	if err != nil {
		return err
	}
	for _, kernel := range slices.Sorted(maps.Keys(speeds)) {
		rate := speeds[kernel]
		b.report(Line{Name: "tile: " + kernel, Rate: rate, Unit: "FLOP/s", Share: rate / max(b.ceilings.BF16, b.ceilings.F32)})
	}
	return nil
}
