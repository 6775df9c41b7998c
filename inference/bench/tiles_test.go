package bench

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"kinora/inference/device"
	"kinora/inference/device/cpu"
)

// A choosy device has tiles.
type choosy struct {
	device.Device
	err error
}

func (choosy) Ceilings() device.Ceilings { return device.Ceilings{F32: 1e12, BF16: 4e12} }

func (c choosy) Measure() (device.Speeds, error) {
	return device.Speeds{"matmul_b": 3e12, "matmul_a": 1e12}, c.err
}

// Tiles are told beside the ceilings, by a device that measures them, unless next to
// nothing is to be measured.
func TestTiles(t *testing.T) {
	d := cpu.New(cpu.Options{Threads: 1})
	defer d.Close()
	for _, c := range []struct {
		name string
		d    device.Device
		size Size
		want []Line
		errs int
	}{
		{"all", choosy{d, nil}, Short, []Line{
			{Name: "tile: matmul_a", Rate: 1e12, Unit: "FLOP/s", Share: 0.25},
			{Name: "tile: matmul_b", Rate: 3e12, Unit: "FLOP/s", Share: 0.75},
		}, 0},
		{"busy", choosy{d, errors.New("something else uses the GPU")}, Full, nil, 1},
		{"tiny", choosy{d, errors.New("hours")}, Tiny, nil, 0},
		{"none", d, Tiny, nil, 0},
	} {
		var lines []Line
		_, errs := Run(context.Background(), Options{Device: c.d, Size: c.size, Parts: []string{"tiles"}, Report: func(l Line) {
			if len(l.Name) < 7 || l.Name[:7] != "ceiling" {
				lines = append(lines, l)
			}
		}})
		if !reflect.DeepEqual(lines, c.want) || len(errs) != c.errs {
			t.Errorf("%s: %+v, %v", c.name, lines, errs)
		}
	}
}
