package cuda

import (
	"encoding/binary"

	"kinora/inference/device/cuda/driver"
)

func mix(c *call) error {
	k, err := c.raw(0)
	if err != nil {
		return err
	}
	var table []byte
	var parts []driver.Span
	for i := 1; i < len(c.n.In); i++ {
		x, err := c.f(i)
		if err != nil {
			return err
		}
		table = binary.LittleEndian.AppendUint64(table, uint64(x.at))
		parts = append(parts, driver.Span{At: x.at, Size: x.size})
	}
	n := c.n.Shape.Len()
	c.launch("mix", "mix", blocks(n, 256), 256, 0, c.out, k, c.table(table), len(parts), n)
	last := &c.launches[len(c.launches)-1]
	last.Touch = append(last.Touch, parts...)
	return nil
}
