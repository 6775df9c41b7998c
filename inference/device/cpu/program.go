package cpu

import (
	"context"
	"errors"
	"fmt"

	"kinora/inference/device"
	"kinora/inference/device/cpu/simd"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/mapped"
)

// A program is a plan with its memory.
type program struct {
	dev    *cpu
	pool   *simd.Pool
	plan   *plan.Plan
	round  func(*graph.Node) tensor.DType
	src    weights.Source
	mem    [plan.Regions][]byte
	mapped [][]byte
	shared *shared
	own    int64
	// touched keeps the reads of touch from being optimised away.
	touched byte
}

// shared is what programs over the same source have in common.
type shared struct {
	programs int
	held     int64
	states   map[string][]byte
	scratch  [][]byte // arenas, the last the largest; programs take turns in it
	packs    map[string]*simd.PackedConv
	wide     map[string][]float32 // small weights that are not stored as f32
}

func (c *cpu) Load(p *plan.Plan, src weights.Source, with device.Program) (device.Program, error) {
	pr := &program{dev: c, pool: c.pool, plan: p, src: src}
	if c.opt.Round != nil {
		pr.round = c.opt.Round(p)
	}
	if w, ok := with.(*program); ok && w.shared != nil {
		pr.shared = w.shared
	} else {
		pr.shared = &shared{states: map[string][]byte{}, packs: map[string]*simd.PackedConv{}, wide: map[string][]float32{}}
	}
	pr.shared.programs++
	if err := pr.load(); err != nil {
		return nil, errors.Join(err, pr.Close())
	}
	return pr, nil
}

func (pr *program) load() error {
	c, p, src := pr.dev, pr.plan, pr.src
	for r, n := range p.Size {
		if plan.Region(r) == plan.States {
			continue // each has its own, found by name
		}
		if plan.Region(r) == plan.Arena {
			if err := pr.scratch(n); err != nil {
				return err
			}
			continue
		}
		var err error
		if pr.mem[r], err = c.allocate(n); err != nil {
			return fmt.Errorf("load: %v region: %w", plan.Region(r), err)
		}
		pr.own += n
	}
	for name, s := range p.States {
		have, ok := pr.shared.states[name]
		if ok && int64(len(have)) != s.Slot.Size {
			return fmt.Errorf("load: state %s is %d bytes elsewhere, %d here", name, len(have), s.Slot.Size)
		}
		if !ok {
			b, err := c.allocate(s.Slot.Size)
			if err != nil {
				return fmt.Errorf("load: state %s: %w", name, err)
			}
			pr.shared.states[name] = b
			pr.shared.held += s.Slot.Size
		}
	}
	for _, k := range p.Consts {
		copy(pr.at(k.Slot), k.Data)
	}
	pr.mapped = make([][]byte, len(p.Weights))
	for i, w := range p.Weights {
		if w.Slot.Region == plan.Resident {
			if err := weights.Read(src, w.Name, pr.at(w.Slot)); err != nil {
				return fmt.Errorf("load %s: %w", w.Name, err)
			}
			continue
		}
		b, err := src.Bytes(w.Name)
		if err != nil {
			return fmt.Errorf("load %s: %w", w.Name, err)
		}
		if int64(len(b)) != w.Slot.Size {
			return fmt.Errorf("load %s: %d bytes, want %d", w.Name, len(b), w.Slot.Size)
		}
		pr.mapped[i] = b
	}
	return nil
}

// scratch finds an arena of n bytes.
func (p *program) scratch(n int64) error {
	s := p.shared
	if last := len(s.scratch) - 1; last < 0 || int64(len(s.scratch[last])) < n {
		b, err := p.dev.allocate(n)
		if err != nil {
			return fmt.Errorf("load: %v region: %w", plan.Arena, err)
		}
		s.scratch = append(s.scratch, b)
		s.held += n
	}
	p.mem[plan.Arena] = s.scratch[len(s.scratch)-1]
	return nil
}

func (p *program) at(s plan.Slot) []byte {
	if s.Region == plan.Mapped {
		return p.mapped[s.Weight][s.Off : s.Off+s.Size]
	}
	return p.mem[s.Region][s.Off : s.Off+s.Size : s.Off+s.Size]
}

// place returns the bytes of a node's slot. States lie by name.
func (p *program) place(n *graph.Node, s plan.Slot) []byte {
	if s.Region != plan.States {
		return p.at(s)
	}
	for n.Op == graph.View || n.Op == graph.Keep {
		n = n.In[len(n.In)-1]
	}
	base := p.plan.States[n.Name].Slot.Off
	b := p.shared.states[n.Name]
	return b[s.Off-base : s.Off-base+s.Size]
}

func (p *program) In(name string) device.Buffer {
	port, ok := p.plan.In[name]
	if !ok {
		return nil
	}
	return &buffer{dtype: port.DType, shape: port.Shape, b: p.at(port.Slot)}
}

func (p *program) Out(i int) device.Buffer {
	port := p.plan.Out[i]
	return &buffer{dtype: port.DType, shape: port.Shape, b: p.at(port.Slot)}
}

func (p *program) Reset() error {
	for _, s := range p.shared.states {
		clear(s)
	}
	return nil
}

func (p *program) Close() error {
	if p.shared == nil {
		return nil
	}
	var err error
	free := func(b []byte) {
		if e := simd.Free(b); err == nil {
			err = e
		}
	}
	p.dev.ledger.give(p.own)
	for r, b := range p.mem {
		if plan.Region(r) != plan.Arena {
			free(b)
		}
	}
	if p.shared.programs--; p.shared.programs == 0 {
		p.dev.ledger.give(p.shared.held)
		for _, b := range p.shared.states {
			free(b)
		}
		for _, b := range p.shared.scratch {
			free(b)
		}
		for _, w := range p.shared.packs {
			w.Free()
		}
	}
	p.mem, p.mapped, p.shared = [plan.Regions][]byte{}, nil, nil
	return err
}

func (p *program) Run(ctx context.Context) error {
	for i := range p.plan.Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		s := &p.plan.Steps[i]
		if s.Node == nil {
			if err := p.upload(s.Upload); err != nil {
				return err
			}
			continue
		}
		c := call{p: p, n: s.Node, out: p.place(s.Node, s.Out), in: make([][]byte, len(s.In)), slots: s.In}
		for j, slot := range s.In {
			c.in[j] = p.place(s.Node.In[j], slot)
			if slot.Region == plan.Mapped {
				if err := p.touch(c.in[j]); err != nil {
					return fmt.Errorf("%s: %w", p.plan.Weights[slot.Weight].Name, err)
				}
			}
		}
		kernels[s.Node.Op](&c)
	}
	return nil
}

func (p *program) upload(list []plan.Weight) error {
	for _, w := range list {
		b, err := p.src.Bytes(w.Name)
		if err != nil {
			return fmt.Errorf("stream %s: %w", w.Name, err)
		}
		copy(p.at(w.Slot), b)
	}
	return nil
}

// touch reads a byte of every page of a mapped weight, so that a file which was cut
// short meanwhile is an error here and not a crash inside a kernel.
func (p *program) touch(b []byte) error {
	const page = 4096
	return mapped.Guard(func() error {
		var sum byte
		for i := 0; i < len(b); i += page {
			sum += b[i]
		}
		p.touched = sum
		return nil
	})
}

// A call is one operation about to run.
type call struct {
	p     *program
	n     *graph.Node
	out   []byte
	in    [][]byte
	slots []plan.Slot
}

func (c *call) o() []float32              { return tensor.View[float32](c.out) }
func (c *call) shape(i int) []int         { return c.n.In[i].Shape }
func (c *call) each(n int, f func(i int)) { c.p.pool.Run(n, f) }

// f returns input i as float32, widened if it is a weight stored otherwise.
func (c *call) f(i int) []float32 {
	n := c.n.In[i]
	if n.DType == tensor.F32 {
		return tensor.View[float32](c.in[i])
	}
	name, stays := c.weight(i)
	if w, ok := c.p.shared.wide[name]; ok && stays {
		return w
	}
	w := make([]float32, n.Shape.Len())
	simd.Widen(w, c.in[i], n.DType)
	if size := 4 * int64(len(w)); stays {
		c.p.shared.wide[name] = w
		c.p.keep(size)
	} else {
		c.p.dev.ledger.pass(size)
	}
	return w
}

// weight names the weight behind input i and where in it a view begins, and tells
// whether it stays in memory between runs.
func (c *call) weight(i int) (name string, stays bool) {
	n, skip := root(c.n.In[i])
	if n.Op != graph.Weight {
		return "", false
	}
	return weightKey(n, skip), c.slots[i].Region != plan.Staging
}

func weightKey(n *graph.Node, skip int) string { return fmt.Sprint(n.Name, "+", skip) }

// keep counts what stays with the programs that share.
func (p *program) keep(n int64) {
	p.shared.held += n
	p.dev.ledger.take(n)
}
