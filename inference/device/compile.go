package device

import (
	"kinora/inference/graph"
	"kinora/inference/plan"
)

// spare is left free by Compile: what a device takes beside plans.
const spare = 256 << 20

// Compile plans g for dev. Where the device holds weights in memory of its own and
// they do not all fit, as many stay as do, and the rest are streamed. What fits in
// no way is for Load to refuse, with the numbers.
func Compile(dev Device, g *graph.Graph) (*plan.Plan, error) {
	o := dev.Options()
	p, err := plan.Compile(g, o)
	own, ok := dev.(interface {
		Need(*plan.Plan) (int64, error)
	})
	if err != nil || !ok || o.Map || o.Budget >= 0 {
		return p, err
	}
	need, err := own.Need(p)
	if err != nil {
		return nil, err
	}
	free, _ := dev.Memory()
	if need+spare <= free {
		return p, nil
	}
	if o.Budget = free - spare - (need - p.Size[plan.Resident]); o.Budget < 0 {
		return p, nil
	}
	less, err := plan.Compile(g, o)
	if err != nil {
		return p, nil // not even two blocks fit beside the rest
	}
	return less, nil
}
