package plan

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

var update = flag.Bool("update", false, "write the golden plans anew")

// checkpoint tells of n blocks of two weights, and of a head.
func checkpoint(n, dim int) graph.Lookup {
	return func(name string) (tensor.DType, tensor.Shape, bool) {
		return tensor.F32, tensor.Shape{dim, dim}, strings.HasSuffix(name, ".w") || strings.HasSuffix(name, ".v")
	}
}

func draw(blocks, dim int) func(s *graph.Scope) []*graph.Node {
	return func(s *graph.Scope) []*graph.Node {
		x := s.Input("x", tensor.F32, 6, dim)
		table := s.Const(make([]float32, 2*dim), 1, 2, dim)
		state := s.State("kept", 2, dim)
		for i := range blocks {
			b := s.At("blocks", i)
			h := x.NormModulate(1e-6, table, 0, 1)
			x = x.Add(h.Linear(b.Weight("w", dim, dim), nil, graph.GELU).Linear(b.Weight("v", dim, dim), nil, graph.NoAct))
		}
		x.Slice(0, 2).Mul(state).Keep(state, false)
		dropped := x.SiLU().SiLU() // nobody reads it
		_ = dropped
		y := x.Linear(s.Weight("head.w", dim, dim), nil, graph.NoAct)
		return []*graph.Node{y, graph.Join(x.Slice(4, 6), y.View(3, 2*dim).View(6, dim)), s.Input("t", tensor.F32, 1)}
	}
}

func compile(t *testing.T, g *graph.Graph, o Options) *Plan {
	t.Helper()
	p, err := Compile(g, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func build(t *testing.T, blocks, dim int) *graph.Graph {
	t.Helper()
	g, err := graph.Build(checkpoint(blocks, dim), draw(blocks, dim))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func whole(*graph.Node) bool { return true }

func TestGoldenPlans(t *testing.T) {
	const dim = 16
	block := int64(2 * dim * dim * 4)
	for name, o := range map[string]Options{
		"resident": {Can: whole, Budget: -1},
		"apart":    {Budget: -1},
		"mapped":   {Can: whole, Map: true},
		"streamed": {Can: whole, Budget: 3 * block},
		"nothing":  {Can: whole, Budget: 2 * block},
	} {
		t.Run(name, func(t *testing.T) {
			got := compile(t, build(t, 4, dim), o).String()
			file := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the plan changed (-update writes it anew):\n%s", got)
			}
		})
	}
}

// TestNothingIsOverwritten walks plans of random graphs, writing down who owns
// every piece of memory, and fails when a step reads what is not its input's any
// more.
func TestNothingIsOverwritten(t *testing.T) {
	for seed := range uint64(200) {
		g, err := graph.Build(checkpoint(0, 8), func(s *graph.Scope) []*graph.Node { return random(s, seed) })
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []Options{{Budget: -1}, {Can: whole, Map: true}, {Can: whole, Budget: 3 * 512}} {
			p := compile(t, g, o)
			if err := walk(p); err != nil {
				t.Fatalf("seed %d, budget %d: %v\n%s", seed, o.Budget, err, p)
			}
		}
	}
}

// random draws a graph of products, sums, views and states.
func random(s *graph.Scope, seed uint64) []*graph.Node {
	const rows, dim = 4, 8
	rng := rand.New(rand.NewPCG(seed, 1))
	list := []*graph.Node{s.Input("x", tensor.F32, rows, dim)}
	pick := func() *graph.Node { return list[rng.IntN(len(list))] }
	for i := range 3 + rng.IntN(30) {
		var n *graph.Node
		switch rng.IntN(7) {
		case 0:
			n = pick().Add(pick())
		case 1:
			n = pick().Linear(s.At("blocks", i/3).Weight(fmt.Sprint(i, ".w"), dim, dim), nil, graph.SiLU)
		case 2:
			n = pick().View(2, 2*dim).View(rows, dim)
		case 3:
			n = graph.Join(pick().Slice(2, 4), pick().Slice(0, 2))
		case 4:
			st := s.State(fmt.Sprint("s", i), rows, dim)
			n = pick().Mul(st)
			pick().Keep(st, rng.IntN(2) == 0)
		case 5:
			n = pick().NormModulate(1e-6, s.Const(make([]float32, 2*dim), 1, 2, dim), 0, 1)
		case 6:
			n = pick().Normalise(graph.NormAttr{Kind: graph.RMSNorm, Eps: 1e-6}, nil, nil)
		}
		list = append(list, n)
	}
	return []*graph.Node{pick(), pick(), list[len(list)-1]}
}

type owner struct {
	Region
	unit int64
}

// walk checks ownership in units of bytes that all slots are multiples of.
func walk(p *Plan) error {
	const unit = 4
	owns := map[owner]string{}
	set := func(s Slot, who string) error {
		if s.Region != Mapped && s.Off+s.Size > p.Size[s.Region] {
			return fmt.Errorf("%s at %v+%d beyond %d", who, s, s.Size, p.Size[s.Region])
		}
		for u := s.Off / unit; u < (s.Off+s.Size)/unit; u++ {
			owns[owner{s.Region, u}] = who
		}
		return nil
	}
	name := func(n *graph.Node) string {
		r, _ := root(n)
		for r.Op == graph.Keep {
			r = r.In[1]
		}
		if r.Op == graph.Weight {
			return r.Name
		}
		return fmt.Sprint(r.Op, r.ID, r.Name)
	}
	for _, s := range p.Steps {
		if s.Node == nil {
			for _, w := range s.Upload {
				if err := set(w.Slot, w.Name); err != nil {
					return err
				}
			}
			continue
		}
		for i, in := range s.In {
			r, _ := root(s.Node.In[i])
			if in.Region == IO && r.Op == graph.Input || in.Region == Mapped || in.Region == Resident || in.Region == Consts || in.Region == States {
				continue // written before the first run
			}
			for u := in.Off / unit; u < (in.Off+in.Size)/unit; u++ {
				if got := owns[owner{in.Region, u}]; got != name(s.Node.In[i]) {
					return fmt.Errorf("%v %d reads %s at %v, where %q is", s.Node.Op, s.Node.ID, name(s.Node.In[i]), in, got)
				}
			}
			may := s.Node.Op == graph.Add || s.Node.Op == graph.Gate || s.Node.Op == graph.Norm // lie where its first input was
			if overlap(in, s.Out) && s.Node.Op != graph.Keep && !(may && i == 0 && in == s.Out) {
				return fmt.Errorf("%v %d writes over its own input", s.Node.Op, s.Node.ID)
			}
		}
		if err := set(s.Out, name(s.Node)); err != nil {
			return err
		}
	}
	for i, o := range p.Out {
		for u := o.Slot.Off / unit; u < (o.Slot.Off+o.Slot.Size)/unit; u++ {
			if owns[owner{o.Slot.Region, u}] == "" {
				return fmt.Errorf("output %d was never written", i)
			}
		}
	}
	return nil
}

func overlap(a, b Slot) bool {
	return a.Region == b.Region && a.Off < b.Off+b.Size && b.Off < a.Off+a.Size
}

func TestBudgetTooSmall(t *testing.T) {
	if _, err := Compile(build(t, 4, 16), Options{Can: whole, Budget: 100}); err == nil {
		t.Error("a budget that holds no block was accepted")
	}
}

func TestStreamedPlanKeepsItsBudget(t *testing.T) {
	g := build(t, 6, 16)
	all := compile(t, g, Options{Can: whole, Budget: -1}).Size[Resident]
	for budget := all / 3; budget < all+1; budget += 512 {
		p := compile(t, g, Options{Can: whole, Budget: budget})
		if held := p.Size[Resident] + p.Size[Staging]; held > budget {
			t.Errorf("budget %d: %d held", budget, held)
		}
	}
}

func TestBlocks(t *testing.T) {
	for name, want := range map[string][2]string{
		"blocks.3.self_attn.q.weight":                       {"blocks.3", "blocks.3"},
		"blocks.3.ffn.0.weight":                             {"blocks.3", "blocks.3"},
		"head.modulation":                                   {"head", "head"},
		"decoder.upsamples.0.upsamples.1.residual.2.weight": {"decoder.upsamples.0", "decoder.upsamples.0.upsamples.1"},
		"decoder.upsamples.0.upsamples.3.time_conv.weight":  {"decoder.upsamples.0", "decoder.upsamples.0.upsamples.3"},
		"decoder.middle.0.residual.6.bias":                  {"decoder.middle.0", "decoder.middle.0"},
	} {
		if got := [2]string{blockOf(name, false), blockOf(name, true)}; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestRowsAreEven: every row is in one piece, no piece is too tall, and they are
// alike.
func TestRowsAreEven(t *testing.T) {
	for n := 1; n < 200; n++ {
		for most := 1; most < 50; most++ {
			at := 0
			for _, r := range even(n, most) {
				if h := r[1] - r[0]; r[0] != at || h > most || h < n/((n+most-1)/most) {
					t.Fatalf("%d rows by %d: %v", n, most, even(n, most))
				}
				at = r[1]
			}
			if at != n {
				t.Fatalf("%d rows by %d end at %d", n, most, at)
			}
		}
	}
}

// TestRowsTakeLess: pieces make the arena smaller, and never overwrite anything.
func TestRowsTakeLess(t *testing.T) {
	const dim, tall = 8, 64
	shapes := func(name string) (tensor.DType, tensor.Shape, bool) {
		if strings.HasSuffix(name, "up") {
			return tensor.F32, tensor.Shape{8 * dim, dim}, true
		}
		return tensor.F32, tensor.Shape{dim, 8 * dim}, true
	}
	g, err := graph.Build(shapes, func(s *graph.Scope) []*graph.Node {
		x := s.Input("x", tensor.F32, tall, dim)
		for i := range 3 {
			b := s.At("blocks", i)
			x = x.Add(x.Linear(b.Weight("up", 8*dim, dim), nil, graph.GELU).Linear(b.Weight("down", dim, 8*dim), nil, graph.NoAct))
		}
		return []*graph.Node{x}
	})
	if err != nil {
		t.Fatal(err)
	}
	before := compile(t, g, Options{Budget: -1}).Size[Arena]
	for _, most := range []int{32, 16, 8, 5} {
		p := compile(t, g, Options{Budget: -1, Rows: most})
		if err := walk(p); err != nil {
			t.Fatal(err)
		}
		if p.Size[Arena] >= before {
			t.Errorf("%d rows at a time: %d bytes, whole %d", most, p.Size[Arena], before)
		}
		p = compile(t, g, Options{Budget: 2 * 2 * 8 * dim * dim * 4, Rows: most})
		uploads := 0
		for _, s := range p.Steps {
			if s.Node == nil {
				uploads++
			}
		}
		if uploads != 3 {
			t.Errorf("%d rows at a time: %d uploads for 3 blocks", most, uploads)
		}
	}
}
