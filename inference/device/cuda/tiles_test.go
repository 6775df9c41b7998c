package cuda

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"kinora/inference/device/devicetest"
	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// Whatever tile is chosen, and into how many parts K is cut, results are right: every
// case of the operations that have tiles, with each of them. Packed weights are widened
// first; those that are widened inside have tiles of their own (TestEveryStoredTile).
func TestEveryTile(t *testing.T) {
	for _, c := range []struct {
		force string
		parts int
	}{{"128x256", 1}, {"128x192", 1}, {"128x128", 1}, {"64x64", 1}, {"64x64", 2}, {"128x256", 4}, {"128x128", 3}} {
		t.Run(fmt.Sprint(c.force, " in ", c.parts), func(t *testing.T) {
			d := onHost(t, Options{}).(*Device)
			d.force, d.forceParts, d.widening = c.force, c.parts, "first"
			for _, op := range []graph.Op{graph.MatMul, graph.Conv3D} {
				if op == graph.Conv3D && c.parts > 1 {
					continue
				}
				for _, k := range devicetest.Cases()[op] {
					t.Run(k.Name, func(t *testing.T) { k.Run(t, d) })
				}
			}
		})
	}
	for _, force := range []string{"small", "large", "bands"} {
		t.Run("attention "+force, func(t *testing.T) {
			d := onHost(t, Options{Precision: Fast}).(*Device)
			d.force = force
			for _, op := range []graph.Op{graph.Attention, graph.Conv3D, graph.Composite} {
				if op != graph.Attention && force != "bands" {
					continue
				}
				for _, k := range devicetest.Cases()[op] {
					t.Run(k.Name, func(t *testing.T) { k.Run(t, d) })
				}
			}
		})
	}
}

// The tile is the one that fills a GPU best.
func TestTile(t *testing.T) {
	for _, c := range []struct {
		processors, m, n, k int
		want                string
		parts               int
	}{
		{132, 1500, 3072, 3072, "128x192", 1},
		{132, 27280, 3072, 3072, "128x128", 1},
		{132, 8190, 14336, 3072, "128x128", 1},
		{132, 64, 64, 64, "64x64", 1},
		{28, 1500, 3072, 3072, "128x192", 1},
		{132, 1, 18432, 3072, "64x64", 3},
	} {
		d := &Device{}
		d.info.Processors = c.processors
		if g, parts := d.tile("matmul", c.m, c.n, c.k, true); g.name != c.want || parts != c.parts {
			t.Errorf("%+v: %s in %d", c, g.name, parts)
		}
	}
	d := &Device{}
	d.info.Processors = 132
	if g, parts := d.tile("matmul", 1500, 3072, 14336, true); parts < 2 {
		t.Errorf("a short, deep product is made of %s in %d", g.name, parts)
	}
	if _, parts := d.tile("matmul", 1500, 3072, 14336, false); parts != 1 {
		t.Error("a convolution was cut")
	}
}

// attending draws what a block does: norm, products, RoPE, attention, gate and the
// feed-forward.
func attending(rows, dim, heads int) (weights.Map, func(s *graph.Scope) []*graph.Node) {
	r := rand.New(rand.NewPCG(3, 4))
	src := weights.Map{}
	some := func(name string, shape ...int) {
		b := make([]byte, 2*tensor.Shape(shape).Len())
		for i := 0; i < len(b); i += 2 {
			bits := math.Float32bits(float32(r.NormFloat64() / math.Sqrt(float64(dim))))
			b[i], b[i+1] = byte(bits>>16), byte(bits>>24)
		}
		src[name] = weights.Entry{DType: tensor.BF16, Shape: shape, Data: b}
	}
	for _, n := range []string{"q", "k", "v", "o"} {
		some(n, dim, dim)
	}
	some("norm_q", dim)
	some("in", 2*dim, dim)
	some("out", dim, 2*dim)
	return src, func(s *graph.Scope) []*graph.Node {
		h, table := s.Input("x", tensor.F32, rows, dim), s.Input("table", tensor.F32, 1, 6, dim)
		cos, sin := s.Input("cos", tensor.F32, rows, dim/heads/2), s.Input("sin", tensor.F32, rows, dim/heads/2)
		x := h.NormModulate(1e-6, table, 0, 1)
		w := func(n string) *graph.Node { return s.Weight(n, dim, dim) }
		q := x.Linear(w("q"), nil, graph.NoAct).Normalise(graph.NormAttr{Kind: graph.RMSNorm, Eps: 1e-6}, s.Weight("norm_q", dim), nil).RoPE(heads, cos, sin)
		k := x.Linear(w("k"), nil, graph.NoAct).RoPE(heads, cos, sin)
		y := q.Attend(k, x.Linear(w("v"), nil, graph.NoAct), nil, graph.AttentionAttr{Heads: heads, Scale: 0.2, Window: -1})
		h = h.Gate(y.Linear(w("o"), nil, graph.NoAct), table, 2)
		f := h.NormModulate(1e-6, table, 3, 4).Linear(s.Weight("in", 2*dim, dim), nil, graph.GELU)
		return []*graph.Node{h.Gate(f.Linear(s.Weight("out", dim, 2*dim), nil, graph.NoAct), table, 5)}
	}
}

// Values stored in 16 bits change no bit of the result, and save launches.
func TestHalves(t *testing.T) {
	const rows, dim, heads = 45, 64, 2
	src, draw := attending(rows, dim, heads)
	r := rand.New(rand.NewPCG(5, 6))
	in := map[string][]float32{}
	for name, n := range map[string]int{"x": rows * dim, "table": 6 * dim, "cos": rows * dim / heads / 2, "sin": rows * dim / heads / 2} {
		for range n {
			in[name] = append(in[name], float32(r.NormFloat64()))
		}
	}
	var outs [2][]float32
	var counts [2]map[string]int
	for i, wide := range []bool{true, false} {
		d := onHost(t, Options{Wide: wide}).(*Device)
		p := loaded(t, d, src, draw)
		for name, v := range in {
			if err := p.In(name).Write(tensor.Bytes(v)); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		outs[i] = make([]float32, rows*dim)
		if err := p.Out(0).Read(tensor.Bytes(outs[i])); err != nil {
			t.Fatal(err)
		}
		counts[i] = d.Launches(p)
	}
	if !slices.Equal(outs[0], outs[1]) {
		t.Error("values stored in 16 bits make another result")
	}
	wide, half := counts[0]["narrow_bf16"], counts[1]["narrow_bf16"]
	t.Logf("%d launches round in a block with values in float32, %d without", wide, half)
	if wide < 7 || half > 2 {
		t.Errorf("%d launches round, %d with values in float32", half, wide)
	}
}
