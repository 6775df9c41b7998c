package cuda

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"kinora/inference/device/cuda/driver"
	"kinora/inference/device/cuda/emulated"
	"kinora/inference/device/devicetest"
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

type vetting func(*Device) error

func (f vetting) Vet(d *Device) error { return f(d) }

var trust = vetting(func(*Device) error { return nil })

// onHopper is a device on an emulated GPU of compute capability 9.0.
func onHopper(t *testing.T, o Options) *Device {
	t.Helper()
	if o.Vet == nil { // most tests switch the kernels on by themselves
		o.Vet = vetting(func(*Device) error { return errors.New("not asked") })
	}
	d, err := New(emulated.OpenHopper, o)
	if errors.Is(err, emulated.ErrNoCompiler) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d.(*Device)
}

// Whatever tile is chosen, and into how many parts K is cut, products for compute
// capability 9.0 are right.
func TestEveryWideTile(t *testing.T) {
	for _, c := range []struct {
		force string
		parts int
	}{{"128x256", 1}, {"128x192", 1}, {"128x128", 1}, {"64x128", 1}, {"64x128", 2}, {"128x256", 3}} {
		t.Run(fmt.Sprint(c.force, " in ", c.parts), func(t *testing.T) {
			d := onHopper(t, Options{})
			d.wide, d.force, d.forceParts, d.widening = true, c.force, c.parts, "first"
			for _, op := range []graph.Op{graph.MatMul, graph.Composite, graph.Conv3D} {
				if op == graph.Conv3D && (c.parts > 1 || c.force != "128x256" && c.force != "128x128") {
					continue
				}
				for _, k := range devicetest.Cases()[op] {
					t.Run(k.Name, func(t *testing.T) { k.Run(t, d) })
				}
			}
		})
	}
}

// Attention for compute capability 9.0 is right with either number of keys.
func TestAttentionAhead(t *testing.T) {
	for _, force := range []string{"128 keys", "176 keys"} {
		t.Run(force, func(t *testing.T) {
			d := onHopper(t, Options{Precision: Fast})
			d.wide, d.force = true, force
			for _, k := range devicetest.Cases()[graph.Attention] {
				t.Run(k.Name, func(t *testing.T) {
					for range 4 { // copies come in other orders
						k.Run(t, d)
					}
				})
			}
		})
	}
}

// The kernels for compute capability 9.0 are used there and nowhere else, if the driver
// makes maps, nobody forbids them, and they are vetted.
func TestWideWhereItCanBe(t *testing.T) {
	for _, c := range []struct {
		name         string
		major, minor int
		o            Options
		noMaps       bool
		vet          error
		asked, wide  bool
		unfit        string
	}{
		{name: "Hopper", major: 9, asked: true, wide: true},
		{name: "Hopper that fails", major: 9, vet: errors.New("too odd"), asked: true, unfit: "too odd"},
		{name: "forbidden", major: 9, o: Options{Mma: true}},
		{name: "float32 throughout", major: 9, o: Options{Precision: Exact}},
		{name: "no maps", major: 9, noMaps: true, unfit: driver.ErrNoMaps.Error()},
		{name: "9.1", major: 9, minor: 1},
		{name: "8.9", major: 8, minor: 9},
		{name: "12.0", major: 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, asked := newFake(), false
			f.info.Major, f.info.Minor, f.info.Shared = c.major, c.minor, 227<<10
			if c.noMaps {
				f.fail["encode"] = driver.ErrNoMaps
			}
			c.o.Vet = vetting(func(*Device) error {
				asked = true
				return c.vet
			})
			d := faked(t, f, c.o)
			wide, unfit := d.Wide()
			if asked != c.asked || wide != c.wide || (unfit == nil) != (c.unfit == "") || unfit != nil && !strings.Contains(unfit.Error(), c.unfit) {
				t.Errorf("asked %v, wide %v, %v", asked, wide, unfit)
			}
			src, draw := stack(1)
			n := d.Launches(loaded(t, d, src, draw))
			if (n["wide_bf16_64x128"] == 1) != c.wide || n["matmul_bf16_64x64"]+n["matmul_f32"] == 1 == c.wide {
				t.Errorf("%v", n)
			}
		})
	}
}

// A whole block of a model on a GPU that was proved: the same result as with mma.sync,
// but for rounding, recorded and replayed.
func TestBlockOnHopper(t *testing.T) {
	const rows, dim, heads = 150, 128, 2
	src, draw := attending(rows, dim, heads)
	r := rand.New(rand.NewPCG(5, 6))
	in := map[string][]float32{}
	for name, n := range map[string]int{"x": rows * dim, "table": 6 * dim, "cos": rows * dim / heads / 2, "sin": rows * dim / heads / 2} {
		for range n {
			in[name] = append(in[name], float32(r.NormFloat64()))
		}
	}
	var outs [2][]float32
	for i, o := range []Options{{Mma: true}, {Vet: vetting((*Device).Prove)}} {
		d := onHopper(t, o)
		if wide, unfit := d.Wide(); wide != (i == 1) || unfit != nil {
			t.Fatal(wide, unfit)
		}
		p := loaded(t, d, src, draw)
		names := strings.Join(slices.Sorted(maps.Keys(d.Launches(p))), " ")
		if wide := strings.Contains(names, "wide_bf16") && strings.Contains(names, "ahead_bf16_64"); wide != (i == 1) {
			t.Error(names)
		}
		for name, v := range in {
			if err := p.In(name).Write(tensor.Bytes(v)); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			outs[i] = slices.Repeat([]float32{float32(math.NaN())}, rows*dim)
			if err := p.Out(0).Write(tensor.Bytes(outs[i])); err != nil {
				t.Fatal(err)
			}
			if err := p.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := p.Out(0).Read(tensor.Bytes(outs[i])); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := agree(outs[1], outs[0], 0.05); err != nil {
		t.Error(err)
	}
	if err := agree(outs[1], outs[0], 1e-9); err == nil {
		t.Error("the results are the same to the bit: were the kernels different ones?")
	}
}

// A copy that never comes keeps no kernel waiting for ever: the check at opening fails
// and mma.sync computes; later, the run fails and what is loaded after it computes.
func TestLostCopy(t *testing.T) {
	src, draw := stack(1)
	t.Run("when opening", func(t *testing.T) {
		t.Setenv("KINORA_EMU_LOSE", "7")
		d := onHopper(t, Options{Vet: vetting((*Device).Prove)})
		if wide, unfit := d.Wide(); wide || unfit == nil || !strings.Contains(unfit.Error(), "gave up") {
			t.Error(wide, unfit)
		}
		if err := loaded(t, d, src, draw).Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("when running", func(t *testing.T) {
		t.Setenv("KINORA_EMU_LOSE", "2")
		d := onHopper(t, Options{Vet: trust})
		p := loaded(t, d, src, draw)
		if err := p.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "gave up") {
			t.Error(err)
		}
		p = loaded(t, d, src, draw)
		if n := d.Launches(p); n["matmul_bf16_64x64"] != 1 {
			t.Error(n)
		}
		if err := p.Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// When the word is set, the kernels write nothing, like all others.
func TestWideKernelsStop(t *testing.T) {
	d, cases := onHopper(t, Options{Vet: trust, Precision: Fast}), map[graph.Op][]devicetest.Case{}
	for _, op := range []graph.Op{graph.MatMul, graph.Conv3D, graph.Attention} {
		cases[op] = devicetest.Cases()[op]
	}
	ran := strings.Join(slices.Sorted(maps.Keys(everyKernelStops(t, d, cases))), " ")
	for _, want := range []string{"wide_bf16_", "wide_f16_", "wide_conv_bf16_", "wide_conv_f16_", "ahead_bf16_64x", "ahead_bf16_128x"} {
		if !strings.Contains(ran, want) {
			t.Errorf("no %s among %s", want, ran)
		}
	}
}
