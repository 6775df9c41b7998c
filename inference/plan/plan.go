// Package plan turns a graph into work: steps in order, and a place in memory for
// every value. A plan is plain data. It can be printed and compared, and any
// device that knows its operations can run it. It knows no device and no file.
package plan

import (
	"fmt"
	"strings"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// A Region is a block of memory a program owns.
type Region uint8

// The regions: inputs and outputs keep their addresses between runs; the arena is
// scratch; states stay between the runs of all programs that share them; constants
// and resident weights are written once; staged weights are brought in as they are
// used; mapped weights lie where the checkpoint has them.
const (
	IO Region = iota
	Arena
	States
	Consts
	Resident
	Staging
	Mapped
	Regions
)

func (r Region) String() string {
	return [...]string{"io", "arena", "state", "const", "resident", "staging", "mapped"}[r]
}

// A Slot is the place of one value: bytes of a region, or, in Mapped, the weight
// of index Weight from byte Off on.
type Slot struct {
	Region    Region
	Off, Size int64
	Weight    int
}

// A Step is one operation, or, when Node is nil, the upload of a run of weights
// into staging. Streaming is nothing but such steps.
type Step struct {
	Node   *graph.Node
	In     []Slot
	Out    Slot
	Upload []Weight
}

// A Weight is a checkpoint tensor and the slot it goes to.
type Weight struct {
	Name  string
	DType tensor.DType
	Shape tensor.Shape
	Slot  Slot
}

// A Port is a named input, an output, or a state.
type Port struct {
	DType tensor.DType
	Shape tensor.Shape
	Slot  Slot
}

// A Const is numbers to be written before the first run.
type Const struct {
	Data []byte
	Slot Slot
}

// A Plan is a graph made ready to run.
type Plan struct {
	Steps   []Step
	Size    [Regions]int64
	Weights []Weight // resident or mapped
	Consts  []Const
	In      map[string]Port
	States  map[string]Port
	Out     []Port
	Narrow  map[*graph.Node]tensor.DType // what Options.Narrow said
}

// Options say for what a plan is made.
type Options struct {
	// Can reports the composite operations that the device runs whole.
	Can func(*graph.Node) bool
	// Budget is how many bytes of weights may be held: those that fit stay
	// resident, the others are streamed in runs of one block into two staging
	// halves in turn. Staging counts. Negative: no limit.
	Budget int64
	// Map leaves weights where the checkpoint has them; Budget is then ignored.
	Map bool
	// Made tells weights that the checkpoint has in another form, so that they cannot be
	// left there and are resident under Map; nil: none.
	Made func(name string) bool
	// Fine streams in smaller pieces: a block is cut once more where its names
	// have a second number. That takes more uploads and less memory.
	Fine bool
	// Once leaves out what is kept for later runs, since there are none.
	Once bool
	// Narrow tells which values the device stores as another type than they have, and
	// as which; nil: none.
	Narrow func(*graph.Graph) map[*graph.Node]tensor.DType
	// Rows cuts the inner products of feed-forward layers into pieces of so many
	// rows; 0 leaves them whole.
	Rows int
}

// Compile plans g.
func Compile(g *graph.Graph, o Options) (*Plan, error) {
	g = decompose(g, o.Can)
	if o.Rows > 0 {
		g = rows(g, o.Rows)
	}
	g = dead(g, o.Once)
	return place(g, o)
}

// Bytes returns what the plan takes in all, mapped weights left out.
func (p *Plan) Bytes() int64 {
	var sum int64
	for _, n := range p.Size {
		sum += n
	}
	return sum
}

// Held returns the bytes of weights that stay, those that are staged in their
// turn, and those that are read where the checkpoint has them.
func (p *Plan) Held() (resident, streamed, mapped int64) {
	for _, w := range p.Weights {
		if w.Slot.Region == Mapped {
			mapped += w.Slot.Size
		} else {
			resident += w.Slot.Size
		}
	}
	for _, s := range p.Steps {
		for _, w := range s.Upload {
			streamed += w.Slot.Size
		}
	}
	return resident, streamed, mapped
}

// String prints a plan the way the golden files hold it.
func (p *Plan) String() string {
	var b strings.Builder
	for r, n := range p.Size {
		if n > 0 {
			fmt.Fprintf(&b, "%-8v %d\n", Region(r), n)
		}
	}
	for _, s := range p.Steps {
		if s.Node == nil {
			fmt.Fprintf(&b, "upload     %v", s.Out)
			for _, w := range s.Upload {
				fmt.Fprintf(&b, " %s", w.Name)
			}
			b.WriteByte('\n')
			continue
		}
		fmt.Fprintf(&b, "%-10v %v %v <-", s.Node.Op, s.Out, s.Node.Shape)
		for _, in := range s.In {
			if in.Region == Mapped {
				fmt.Fprintf(&b, " %s", p.Weights[in.Weight].Name)
				continue
			}
			fmt.Fprintf(&b, " %v", in)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (s Slot) String() string { return fmt.Sprintf("%v@%d", s.Region, s.Off) }
