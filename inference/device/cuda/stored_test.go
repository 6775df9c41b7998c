package cuda

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"kinora/inference/device/devicetest"
	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// A storedCase is a product with a packed weight.
type storedCase struct {
	dtype   tensor.DType
	m, n, k int
	scales  int // numbers that the weight is multiplied by
	gated   bool
	skip    int // rows of the matrix in front of those that are used
}

// numbers makes the weights and the inputs.
func (c storedCase) numbers() (weights.Map, map[string][]float32) {
	r := rand.New(rand.NewPCG(uint64(c.m), uint64(c.k)))
	some := func(n int, size float64) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(size * r.NormFloat64())
		}
		return v
	}
	b := make([]byte, c.dtype.Size((c.skip+c.n)*c.k))
	devicetest.Packed(b, c.dtype, some((c.skip+c.n)*c.k, 1))
	src := weights.Map{"w": {DType: c.dtype, Shape: tensor.Shape{c.skip + c.n, c.k}, Data: b},
		"b": {DType: tensor.F32, Shape: tensor.Shape{c.n}, Data: tensor.Bytes(some(c.n, 1))}}
	in := map[string][]float32{"x": some(c.m*c.k, 1)}
	if c.scales > 0 {
		src["s"] = weights.Entry{DType: tensor.F32, Shape: tensor.Shape{c.scales}, Data: tensor.Bytes(some(c.scales, 0.3))}
	}
	if c.gated {
		in["h"], in["table"] = some(c.m*c.n, 1), some(6*c.n, 1)
	}
	return src, in
}

// draw draws what is computed.
func (c storedCase) draw(s *graph.Scope) []*graph.Node {
	var scale *graph.Node
	if c.scales > 0 {
		scale = s.Weight("s", c.scales)
	}
	w := s.Weight("w", c.skip+c.n, c.k)
	if c.skip > 0 {
		w = w.Slice(c.skip, c.skip+c.n)
	}
	y := s.Input("x", tensor.F32, c.m, c.k).ScaledLinear(w, scale, s.Weight("b", c.n), graph.GELU)
	if c.gated {
		y = s.Input("h", tensor.F32, c.m, c.n).Gate(y, s.Input("table", tensor.F32, 1, 6, c.n), 2)
	}
	return []*graph.Node{y}
}

// result computes a case and tells the launches.
func (c storedCase) result(t *testing.T, d *Device) ([]float32, map[string]int) {
	t.Helper()
	src, in := c.numbers()
	p := loaded(t, d, src, c.draw)
	defer p.Close()
	for name, v := range in {
		if err := p.In(name).Write(tensor.Bytes(v)); err != nil {
			t.Fatal(err)
		}
	}
	out := slices.Repeat([]float32{float32(math.NaN())}, c.m*c.n)
	if err := p.Out(0).Write(tensor.Bytes(out)); err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Out(0).Read(tensor.Bytes(out)); err != nil {
		t.Fatal(err)
	}
	return out, d.Launches(p)
}

// begin counts the kernels whose names begin so.
func begin(n map[string]int, name string) (count int) {
	for k := range n {
		if strings.HasPrefix(k, name) {
			count++
		}
	}
	return count
}

// block is the fewest numbers that a row of that type may have.
func (c storedCase) block() int {
	n, _ := c.dtype.Block()
	return max(n, 8)
}

// A weight that is widened in its product makes to the bit what it makes when it is
// widened first: in every tile, in parts, with scales, at odd sizes, and when the launch
// is split.
func TestStoredIsAsWidenedFirst(t *testing.T) {
	first, inside := onHost(t, Options{}).(*Device), onHost(t, Options{}).(*Device)
	first.widening, inside.widening = "first", "inside"
	for dtype := range packed {
		t.Run(dtype.String(), func(t *testing.T) {
			unit := storedCase{dtype: dtype}.block()
			for i, c := range []struct {
				storedCase
				force string
				parts int
				clock int // kHz; 0: launches are not split
			}{
				{storedCase{dtype, 1, 67, unit, 0, false, 0}, "32x64", 1, 0},
				{storedCase{dtype, 33, 9, 5 * unit, 1, false, 3}, "32x64", 2, 0},
				{storedCase{dtype, 70, 131, 3 * unit, 131, false, 0}, "64x64", 1, 0},
				{storedCase{dtype, 131, 66, 512 + unit, 0, true, 1}, "64x64", 3, 1},
				{storedCase{dtype, 7, 130, 256 + 3*unit, 130, true, 0}, "128x128", 4, 0},
				{storedCase{dtype, 140, 150, 7 * unit, 1, true, 0}, "128x128", 1, 1},
			} {
				for _, d := range []*Device{first, inside} {
					d.force, d.forceParts, d.info.Clock = "64x64", c.parts, c.clock
				}
				want, n := c.result(t, first)
				if n["widen"] != 1 || n["matmul_bf16_64x64"] == 0 {
					t.Fatalf("%d: widened first: %v", i, n)
				}
				inside.force = c.force
				got, n := c.result(t, inside)
				launches := n["stored_"+c.force+"_"+dtype.String()]
				if n["widen"] != 0 || launches == 0 || c.clock > 0 != (launches > 1) {
					t.Fatalf("%d: widened inside: %v", i, n)
				}
				for j := range want {
					if math.Float32bits(got[j]) != math.Float32bits(want[j]) || got[j] != got[j] {
						t.Fatalf("%d, %+v: [%d, %d] is %g, and %g where it is widened first", i, c, j/c.n, j%c.n, got[j], want[j])
					}
				}
			}
		})
	}
}

// On compute capability 9.0 few rows are widened inside by mma.sync, and make what
// widening first and the kernels of that machine make, but for the order of sums.
func TestStoredOnHopper(t *testing.T) {
	d := onHopper(t, Options{Vet: trust})
	for _, dtype := range []tensor.DType{tensor.F8E4M3, tensor.Q8_0, tensor.Q6K} {
		c := storedCase{dtype, 33, 150, 512, 150, true, 0}
		got, n := c.result(t, d)
		if n["widen"] != 0 || begin(n, "stored_") != 1 {
			t.Errorf("%v as the device chooses: %v", dtype, n)
		}
		d.WidenFirst(true)
		want, n := c.result(t, d)
		d.WidenFirst(false)
		if n["widen"] != 1 || begin(n, "wide_bf16_") != 1 {
			t.Errorf("%v widened first: %v", dtype, n)
		}
		if err := agree(got, want, 1e-4); err != nil {
			t.Errorf("%v: %v", dtype, err)
		}
	}
}

// Every case of products, in every tile of those that widen.
func TestEveryStoredTile(t *testing.T) {
	for _, c := range []struct {
		force string
		parts int
	}{{"32x64", 1}, {"64x64", 1}, {"128x128", 1}, {"32x64", 8}, {"64x64", 3}, {"128x128", 2}} {
		t.Run(fmt.Sprint(c.force, " in ", c.parts), func(t *testing.T) {
			d := onHost(t, Options{}).(*Device)
			d.widening, d.force, d.forceParts = "inside", c.force, c.parts
			for _, k := range devicetest.Cases()[graph.MatMul] {
				t.Run(k.Name, func(t *testing.T) { k.Run(t, d) })
			}
		})
	}
}

// Few rows are multiplied by what is stored and need no scratch for it, many by what was
// widened before, on any GPU; where the kernels cannot, it is always before.
func TestInsideForFewRows(t *testing.T) {
	for _, gpu := range []struct {
		major, minor, processors int
	}{{8, 6, 28}, {8, 9, 128}, {9, 0, 132}, {12, 0, 170}} {
		f := newFake()
		f.info.Major, f.info.Minor, f.info.Processors, f.info.Shared = gpu.major, gpu.minor, gpu.processors, 227<<10
		auto := faked(t, f, Options{Vet: trust})
		if auto.wide != (gpu.major == 9) {
			t.Fatalf("%+v: wide %v", gpu, auto.wide)
		}
		exact := faked(t, f, Options{Precision: Exact})
		for dtype := range packed {
			for _, c := range []struct {
				storedCase
				d      *Device
				inside bool
			}{
				{storedCase{dtype, 1, 3072, 256, 0, false, 0}, auto, true},
				{storedCase{dtype, 20, 4096, 4096, 1, false, 0}, auto, true},
				{storedCase{dtype, 77, 1024, 4096, 1024, false, 0}, auto, true},
				{storedCase{dtype, 128, 3072, 3072, 0, true, 0}, auto, true},
				{storedCase{dtype, 1500, 1024, 3072, 0, true, 0}, auto, false},
				{storedCase{dtype, 4096, 3072, 1024, 3072, false, 0}, auto, false},
				{storedCase{dtype, 20, 4096, 256, 1, false, 0}, exact, false},
				{storedCase{dtype, 20, 256, 257, 1, false, 0}, auto, false},
			} {
				if elems, _ := dtype.Block(); c.k%elems != 0 {
					continue
				}
				src := weights.Map{"w": {DType: dtype, Shape: tensor.Shape{c.n, c.k}, Data: make([]byte, dtype.Size(c.n*c.k))},
					"b": {DType: tensor.F32, Shape: tensor.Shape{c.n}, Data: make([]byte, 4*c.n)}}
				if c.scales > 0 {
					src["s"] = weights.Entry{DType: tensor.F32, Shape: tensor.Shape{c.scales}, Data: make([]byte, 4*c.scales)}
				}
				p := loaded(t, c.d, src, c.draw)
				n := c.d.Launches(p)
				if (begin(n, "stored_") == 1) != c.inside || (n["widen"] == 0) != c.inside {
					t.Errorf("%+v: %+v of %v: %v", gpu, c.storedCase, dtype, n)
				}
				wide, scratch := tensor.BF16.Size(c.n*c.k), p.(*program).lay.scratch.size
				if narrow := roundUp(tensor.BF16.Size(c.m * c.k)); c.inside && scratch > narrow+8*roundUp(int64(4*c.m*c.n)) || !c.inside && scratch < wide {
					t.Errorf("%+v: %+v: %d bytes of scratch, of which widened weights would be %d", gpu, c.storedCase, scratch, wide)
				}
				if err := p.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// More rows never go back to widening inside, but for the edges of waves: up to 128 rows
// of the published sizes it is inside, from 1,024 on before.
func TestInsideByRows(t *testing.T) {
	for _, processors := range []int{28, 46, 82, 108, 132, 170} {
		for dtype := range packed {
			for _, wide := range []bool{false, true} {
				d := &Device{wide: wide}
				d.info.Processors = processors
				for _, s := range [][2]int{{3072, 3072}, {14336, 3072}, {3072, 14336}, {4096, 4096}, {10240, 4096}, {4096, 10240}, {18432, 3072}} {
					for m := 1; m < 6000; m += 1 + m/16 {
						if _, _, inside := d.insideOf(dtype, m, s[0], s[1]); inside != (m <= 128) && (m <= 128 || m >= 1024) {
							t.Errorf("%d rows by %v of %v on %d processors: inside %v", m, s, dtype, processors, inside)
						}
					}
				}
			}
		}
	}
}

// Compared is what the GPU would take in place of it: the faster its kernels for many
// rows, the sooner widening comes first.
func TestInsideBesideWide(t *testing.T) {
	for _, wide := range []bool{false, true} {
		d := &Device{wide: wide}
		d.info.Processors = 132
		if _, _, inside := d.insideOf(tensor.Q8_0, 300, 3072, 3072); inside == wide {
			t.Errorf("wide %v: inside %v", wide, inside)
		}
	}
}
