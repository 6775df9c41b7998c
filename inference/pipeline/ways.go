package pipeline

import (
	"errors"
	"fmt"
	"strings"

	"kinora/inference/device"
	"kinora/inference/device/paper"
	"kinora/inference/graph"
	"kinora/inference/plan"
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
	tiles  grid // of decoding
	wide   bool // there is no room to try attention windows
	blind  bool // there is no room to find out how to show previews
}

// ways are the modes, from the fastest to the one that takes least.
func ways(frugal, stream bool) []mode {
	list := []mode{{}}
	if frugal {
		list = append(list, mode{frugal: true})
	}
	if stream {
		list = append(list, mode{stream: true})
		if frugal {
			list = append(list, mode{frugal: true, stream: true})
		}
	}
	return list
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
func (t *take) fit(what string, g *graph.Graph, with device.Program) (*plan.Plan, error) {
	d, choosing := t.dev.(*paper.Device)
	if !choosing {
		return t.compile(g, what, t.ways[what])
	}
	held, _ := d.Held()
	room := t.room - held
	tight := &errTight{what: what, room: room}
	try := func(w way) (*plan.Plan, int64, error) {
		p, err := t.compile(g, what, w)
		if err != nil {
			return nil, 0, err
		}
		n, err := d.Need(p, with)
		if err != nil {
			return nil, 0, err
		}
		if tight.need == 0 || n < tight.need {
			tight.need = n
		}
		if n <= room {
			t.chose(what, w, p, n, held)
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
	tokens := 1
	for i := range 3 {
		tokens *= t.shape[i] / t.traits.Patch[i]
	}
	const least = 16
	return []int{0, max(least, (tokens+7)/8)}
}

func (t *take) compile(g *graph.Graph, what string, w way) (*plan.Plan, error) {
	o := t.dev.Options()
	if w.stream && (o.Budget < 0 || w.budget < o.Budget) {
		if w.budget < 0 {
			return nil, errNoRoom
		}
		o.Budget = w.budget
	}
	o.Fine, o.Rows = w.fine, w.rows
	o.Once = what == imagePhase
	return plan.Compile(g, o)
}

var errNoRoom = errors.New("no room for weights at all")
