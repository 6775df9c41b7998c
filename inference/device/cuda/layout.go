package cuda

import (
	"fmt"
	"slices"

	"kinora/inference/device/cuda/driver"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
)

// A layout is a plan turned into launches. It is worked out twice: first with
// addresses that do not exist, to learn what memory is needed beside the plan's,
// and then with real ones.
type layout struct {
	dev       *Device
	plan      *plan.Plan
	precision Precision
	base      [plan.Regions]driver.Ptr
	states    map[string]driver.Ptr
	known     map[string]mem // operands that are there
	wanted    []operand      // and those that must come
	half      map[*graph.Node]tensor.DType
	scratch   scratch
	tables    []byte // numbers of the launches' own
	tablesAt  driver.Ptr
	launches  []driver.Launch
	uploads   []upload
	staged    map[string]*staged
	waits     bool // some kernels may give up waiting
}

// nowhere is where the first pass believes memory to be.
func nowhere(i int) driver.Ptr { return driver.Ptr(i+1) << 48 }

// An upload is a run of weights to be copied into staging before launch number
// before.
type upload struct {
	before int
	slot   plan.Slot
	parts  []*staged
}

// staged is a weight of an upload and the form it arrives in, which the first to
// ask for it chooses.
type staged struct {
	operand operand
	slot    plan.Slot
	chosen  bool
}

// lay works out all launches.
func (l *layout) lay() error {
	l.launches, l.uploads, l.staged, l.tables = nil, nil, map[string]*staged{}, nil
	uses := l.uses()
	l.half = l.plan.Narrow
	for i := 0; i < len(l.plan.Steps); i++ {
		s := &l.plan.Steps[i]
		if s.Node == nil {
			l.upload(s)
			continue
		}
		l.scratch.begin(i)
		f := l.fuse(i, uses)
		c := &call{layout: l, n: s.Node, slots: s.In, fused: f}
		var err error
		if f != nil {
			c.out = f.out
			i++
		} else if c.out, err = l.at(s.Node, s.Out); err != nil {
			return err
		}
		build := builders[s.Node.Op]
		if build == nil {
			return fmt.Errorf("cuda: no kernel for %v", s.Node.Op)
		}
		if err := countable(s.Node.Shape.Len()); err != nil {
			return fmt.Errorf("%v: %w", s.Node.Op, err)
		}
		if err := build(c); err != nil {
			return fmt.Errorf("%v: %w", s.Node.Op, err)
		}
		if !l.scratch.learning && l.scratch.cursor > l.scratch.size {
			return fmt.Errorf("%v: scratch of %d bytes is too small", s.Node.Op, l.scratch.size)
		}
		l.scratch.written(c.out)
	}
	return nil
}

func (l *layout) add(d driver.Launch) { l.launches = append(l.launches, d) }

// at is where a node that is not a weight lies.
func (l *layout) at(n *graph.Node, s plan.Slot) (mem, error) {
	if s.Region == plan.States {
		for n.Op == graph.View || n.Op == graph.Keep {
			n = n.In[len(n.In)-1]
		}
		return mem{l.states[n.Name] + driver.Ptr(s.Off-l.plan.States[n.Name].Slot.Off), s.Size}, nil
	}
	if s.Region == plan.Mapped || s.Region == plan.Resident {
		return mem{}, fmt.Errorf("cuda: %v is in region %v", n.Op, s.Region)
	}
	return mem{l.base[s.Region] + driver.Ptr(s.Off), s.Size}, nil
}

// operand is where a weight lies in the form asked for: staged, if it comes that
// way in that form, else held.
func (l *layout) operand(o operand, s plan.Slot) (mem, error) {
	if w := l.staged[o.name]; w != nil && s.Region == plan.Staging {
		if !w.chosen && o.skip == 0 && o.shape.Len() == w.operand.shape.Len() && o.size() <= w.slot.Size {
			w.operand, w.chosen = o, true
		}
		switch {
		case w.operand.form == o.form && w.operand.shape.Len() == o.shape.Len() && o.skip == 0:
			return mem{l.base[plan.Staging] + driver.Ptr(w.slot.Off), o.size()}, nil
		case w.operand.asStored() && o.asStored():
			w.chosen = true
			return mem{l.base[plan.Staging] + driver.Ptr(s.Off), o.size()}, nil
		}
	}
	key := o.key()
	if m, ok := l.known[key]; ok {
		return m, nil
	}
	l.wanted = append(l.wanted, o)
	l.known[key] = mem{nowhere(256 + len(l.wanted)), o.size()}
	return l.known[key], nil
}

func (l *layout) upload(s *plan.Step) {
	u := upload{before: len(l.launches), slot: s.Out}
	for _, w := range s.Upload {
		n := w.Shape.Len()
		p := &staged{slot: w.Slot, operand: operand{name: w.Name, shape: w.Shape, stored: w.DType, form: form{w.DType, n, n, 1}}}
		l.staged[w.Name] = p
		u.parts = append(u.parts, p)
	}
	l.uploads = append(l.uploads, u)
	l.scratch.written(mem{l.base[plan.Staging] + driver.Ptr(s.Out.Off), s.Out.Size})
}

// table places numbers that launches read.
func (l *layout) table(b []byte) mem {
	at := len(l.tables)
	l.tables = append(l.tables, b...)
	l.tables = append(l.tables, make([]byte, (256-len(l.tables)%256)%256)...)
	return mem{l.tablesAt + driver.Ptr(at), int64(len(b))}
}

// scratch is memory for operands in 16 bits. What a step has put there is found
// by later ones, until its source is written or there is no room.
type scratch struct {
	at           driver.Ptr
	size, cursor int64
	learning     bool
	step, number int            // the step, and how many operands it has asked for
	reads        map[int][]made // what each step wants to find there, as first learnt
	held         []entry
}

// made says which operand is meant: the one of that step and number.
type made struct {
	step, number int
	size         int64
}

type narrowed struct {
	from      mem
	k, padded int
	dtype     tensor.DType
}

type entry struct {
	narrowed
	to mem
	by made
}

// begin makes room for a step: when what it will not find does not fit behind the
// rest, all is given up.
func (s *scratch) begin(step int) {
	s.step, s.number = step, 0
	if s.learning {
		return
	}
	need := int64(0)
	for _, r := range s.reads[step] {
		if !slices.ContainsFunc(s.held, func(e entry) bool { return e.by == r }) {
			need += r.size
		}
	}
	if s.cursor+need > s.size {
		s.cursor, s.held = 0, nil
	}
}

// find returns an operand that is there, or room for it.
func (s *scratch) find(key narrowed, n int64) (m mem, there bool) {
	i := slices.IndexFunc(s.held, func(e entry) bool { return e.narrowed == key })
	if there = i >= 0; !there {
		i = len(s.held)
		s.held = append(s.held, entry{key, mem{s.at + driver.Ptr(s.cursor), n}, made{s.step, s.number, roundUp(n)}})
		s.cursor += roundUp(n)
	}
	s.number++
	if by := s.held[i].by; s.learning && !slices.Contains(s.reads[s.step], by) {
		s.reads[s.step] = append(s.reads[s.step], by)
		need := int64(0)
		for _, r := range s.reads[s.step] {
			need += r.size
		}
		s.size = max(s.size, need)
	}
	return s.held[i].to, there
}

// written forgets what was made of memory that has changed.
func (s *scratch) written(m mem) {
	kept := s.held[:0]
	for _, e := range s.held {
		if !overlap(e.from, m) {
			kept = append(kept, e)
		}
	}
	s.held = kept
}

func overlap(a, b mem) bool {
	return a.at < b.at+driver.Ptr(b.size) && b.at < a.at+driver.Ptr(a.size)
}
