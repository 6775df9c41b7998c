package device

import "kinora/inference/plan"

// Sizes is what loading and running a plan takes of a device, in bytes.
type Sizes struct {
	Own int64 // ends with the program
	// Scratch is only used while a program runs. Those that share take turns in it: one
	// that finds enough there takes none. It ends with the last of them.
	Scratch int64
	// Shared is held once, by name, for all programs that share it: states, what was
	// prepared from weights, and, under names that begin with Weight, weights that the
	// plan's resident region stands for.
	Shared map[string]int64
	// Passing is the most that a run takes beside all that, and gives back.
	Passing int64
}

// Weight begins the names in Sizes.Shared of weights that a device keeps in a form of
// its own.
const Weight = "weight "

// Total returns what a program takes that shares with nobody.
func (s Sizes) Total() int64 {
	sum := s.Own + s.Scratch + s.Passing
	for _, n := range s.Shared {
		sum += n
	}
	return sum
}

// A Sizer tells what a plan will take before it is loaded.
type Sizer interface {
	Sizes(*plan.Plan) (Sizes, error)
}

// SizesOf asks dev, or counts what the plan itself says.
func SizesOf(dev Device, p *plan.Plan) (Sizes, error) {
	if s, ok := dev.(Sizer); ok {
		return s.Sizes(p)
	}
	return PlanSizes(p), nil
}

// PlanSizes is what a plan says of itself: its regions and its states.
func PlanSizes(p *plan.Plan) Sizes {
	s := Sizes{Shared: map[string]int64{}}
	for r, n := range p.Size {
		switch plan.Region(r) {
		case plan.States:
		case plan.Arena:
			s.Scratch = n
		default:
			s.Own += n
		}
	}
	for name, port := range p.States {
		s.Shared["state "+name] = port.Slot.Size
	}
	return s
}

// A Ledger knows how many bytes of a device are held, and were at most since it
// was last asked to begin anew.
type Ledger interface {
	Held() (now, peak int64)
	Mark() // peak begins anew
}

// A HostSharer is a device whose memory is the computer's: it counts what the host
// holds too. A negative n gives back.
type HostSharer interface {
	OnHost(n int64)
}

// A Halver is a device for which matrices of float32, so many numbers of them, are better
// rounded to 16 bits before they are loaded.
type Halver interface{ Halves(numbers int64) bool }

// Free gives a buffer's memory back where the device can; the buffer must not be
// used any more.
func Free(b Buffer) error {
	if f, ok := b.(interface{ Free() error }); ok && b != nil {
		return f.Free()
	}
	return nil
}
