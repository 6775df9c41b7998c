package pipeline

import (
	"errors"
	"fmt"
	"strings"

	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/paper"
	"kinora/inference/graph"
	"kinora/inference/model"
	"kinora/inference/plan"
	"kinora/inference/weights"
)

// A way is how one program is made to fit: what its plan is made with beside what
// the device says.
type way struct {
	stream bool
	budget int64 // of weights, where they are streamed
	fine   bool
	rows   int
}

// A mode is how a whole take is made to fit.
type mode struct {
	frugal bool // the text's keys and values are worked out in every step
	stream bool // the denoiser's weights may be streamed
	pair   bool // both conditions of guidance go through the denoiser at once
	tiles  grid // of decoding
	wide   bool // there is no room to try attention windows
	blind  bool // there is no room to find out how to show previews
}

// bothWays marks a step that is drawn for both conditions of guidance.
const bothWays = ", both prompts at once"

// Up to fewTokens a clip alone leaves a GPU without enough to do; up to busTokens
// streamed weights take longer to arrive than to be used, at 16 bits, 12 GB/s and 60
// TFLOP/s as well as at 50 GB/s and 600 TFLOP/s. Larger clips gain nothing from a
// batch, and pay for its memory.
const (
	fewTokens = 4096
	busTokens = 16384
)

// modes are how the take may be made to fit, from the fastest to the one that takes least.
func (t *take) modes() []mode {
	_, frugal := t.model.(model.Frugal)
	pairs := t.guidedThroughout()
	var list []mode
	add := func(m mode, pair bool) {
		if pair && pairs {
			both := m
			both.pair = true
			list = append(list, both)
		}
		list = append(list, m)
	}
	few, some := t.tokens() <= fewTokens, t.tokens() <= busTokens
	add(mode{}, few)
	if frugal {
		add(mode{frugal: true}, false)
	}
	if !t.dev.Options().Map {
		add(mode{stream: true}, some) // every weight crosses the bus once, not twice
		if frugal {
			add(mode{frugal: true, stream: true}, some)
		}
	}
	return list
}

// guidedThroughout reports whether every pass of the denoiser has two conditions.
func (t *take) guidedThroughout() bool {
	r := t.req
	return r.Guidance != 1 && r.GuidanceFrom == 0 && (r.GuidanceTo == 0 || r.GuidanceTo == 1) && r.Window != inference.AutoWindow
}

// tokens is how many tokens the denoiser sees of a clip.
func (t *take) tokens() int {
	n := 1
	for i := range 3 {
		n *= t.shape[i] / t.traits.Patch[i]
	}
	return n
}

// errTight says that a program does not fit in any of the ways that were open.
type errTight struct {
	what       string
	need, room int64
}

func (e *errTight) Error() string {
	return fmt.Sprintf("%s takes %s beside what is held, and there is room for %s", e.what, gigabytes(e.need), gigabytes(e.room))
}

func gigabytes(n int64) string {
	if n < 1e8 {
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(n)/1e9)
}

// fit plans a graph in the way chosen for it. On paper, it chooses: the first that
// fits into what room is left.
func (t *take) fit(what string, g *graph.Graph, src weights.Source, with device.Program) (*plan.Plan, error) {
	d, choosing := t.dev.(*paper.Device)
	if !choosing {
		return t.compile(g, what, src, t.ways[what])
	}
	held, _ := d.Held()
	room := t.room - held
	tight := &errTight{what: what, room: room}
	try := func(w way) (*plan.Plan, int64, error) {
		p, err := t.compile(g, what, src, w)
		if err != nil {
			return nil, 0, err
		}
		n, resident, there, err := d.Need(p, with)
		if err != nil {
			return nil, 0, err
		}
		if tight.need == 0 || n < tight.need {
			tight.need = n
		}
		if n <= room {
			t.chose(w, p, inference.Phase{Name: what, Resident: resident, Working: n - (resident - there), Held: held - there, Total: n + held})
		}
		return p, n, nil
	}
	rows := t.rowsFor(what)
	var beside int64 // what the last of them takes beside weights
	for _, n := range rows {
		w := way{rows: n}
		p, need, err := try(w)
		if err != nil || need <= room {
			return p, err
		}
		beside = need - p.Size[plan.Resident]
	}
	if !t.streams(what) || t.dev.Options().Map {
		return nil, tight
	}
	// As many weights stay as leave room for the rest.
	for _, fine := range []bool{false, true} {
		w := way{stream: true, fine: fine, rows: rows[len(rows)-1], budget: room - beside}
		for range 3 {
			p, need, err := try(w)
			if err != nil {
				break // not even two blocks have room
			}
			if need <= room {
				return p, nil
			}
			w.budget -= need - room // what is held beside the weights grew
		}
	}
	return nil, tight
}

// streams reports whether a program's weights may be streamed.
func (t *take) streams(what string) bool {
	return t.mode.stream || !strings.HasPrefix(what, denoiserPhase)
}

// rowsFor lists the heights of pieces to try: whole, then an eighth.
func (t *take) rowsFor(what string) []int {
	if !strings.HasPrefix(what, denoiserPhase) {
		return []int{0}
	}
	tokens := t.tokens()
	if t.mode.pair {
		tokens *= 2
	}
	const least = 16
	return []int{0, max(least, (tokens+7)/8)}
}

func (t *take) compile(g *graph.Graph, what string, src weights.Source, w way) (*plan.Plan, error) {
	o := t.dev.Options()
	if w.stream && (o.Budget < 0 || w.budget < o.Budget) {
		if w.budget < 0 {
			return nil, errNoRoom
		}
		o.Budget = w.budget
	}
	o.Fine, o.Rows = w.fine, w.rows
	o.Once = what == imagePhase
	o.Made = func(name string) bool { return weights.Made(src, name) }
	return plan.Compile(g, o)
}

var errNoRoom = errors.New("no room for weights at all")
