package bench

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"kinora/inference/device"
	"kinora/inference/device/cpu"
)

// The model of the work against the published model's floors, worked out by hand:
// seconds at a card's whole rate.
func TestPredict(t *testing.T) {
	floor := Predict(1)
	if len(floor) != len(Cards)*len(sizes) {
		t.Fatalf("%d predictions", len(floor))
	}
	for _, want := range []struct {
		card, clip           string
		step, decode, clip20 float64
	}{
		{"RTX 3060", "480x640x17", 1.109, 3.82, 26.1},
		{"RTX 3090", "480x640x17", 0.398, 1.37, 9.36},
		{"RTX 4090", "480x640x17", 0.171, 0.59, 4.02},
		{"RTX 4060 Ti", "704x1280x121", 23.5, 45.7, 515},
		{"RTX 4090", "704x1280x121", 6.25, 12.2, 137},
		{"RTX 5090", "704x1280x121", 4.93, 9.6, 108},
		{"RTX 3090", "480x832x81", 2.736, 8.4, 63.3},
	} {
		for _, p := range floor {
			if p.Card != want.card || p.Clip != want.clip {
				continue
			}
			// those floors are without the passes over memory, which add up to a tenth
			for what, v := range map[string][2]float64{"step": {p.Step, want.step}, "decode": {p.Decode, want.decode}, "clip": {p.Whole, want.clip20}} {
				if v[0] < 0.985*v[1] || v[0] > 1.12*v[1] {
					t.Errorf("%s on %s, %s: %.3f s, want about %.3f", p.Clip, p.Card, what, v[0], v[1])
				}
			}
		}
	}
	for i, p := range Predict(0.5) {
		if p.Whole <= floor[i].Whole || p.Whole > 2*floor[i].Whole {
			t.Errorf("half the rate takes %g s, all of it %g", p.Whole, floor[i].Whole)
		}
	}
}

// What is drawn is what the floors are reckoned for.
func TestWork(t *testing.T) {
	for _, c := range []struct{ got, want float64 }{
		{passFlops(sizes[0]), 14.14e12}, {passFlops(sizes[1]), 97.40e12}, {passFlops(sizes[2]), 516.41e12},
		{decodeFlops(sizes[0]), 97.4e12}, {decodeFlops(sizes[1]), 597e12}, {decodeFlops(sizes[2]), 2011e12},
	} {
		if math.Abs(c.got/c.want-1) > 0.012 {
			t.Errorf("%.4g operations, want %.4g", c.got, c.want)
		}
	}
}

// All parts run on any device, and what is measured is told with its rate.
func TestRun(t *testing.T) {
	d := cpu.New(cpu.Options{Threads: 2})
	defer d.Close()
	var lines []Line
	_, errs := Run(context.Background(), Options{Device: d, Size: Tiny, Runs: 1, Report: func(l Line) { lines = append(lines, l) }})
	for _, err := range errs {
		t.Error(err)
	}
	seen := map[string]bool{}
	for _, l := range lines {
		name, _, _ := strings.Cut(l.Name, ",")
		seen[name] = true
		if l.Seconds <= 0 || !strings.HasPrefix(l.Name, "loading") && (l.Rate <= 0 || l.Share <= 0) || l.Clip != "tiny" {
			t.Errorf("%+v", l)
		}
	}
	for _, name := range []string{"product q", "attention", "attention to the text", "norm and modulate", "rope", "conv3d 32 to 16", "16 products in q8_0", "denoiser", "decoder"} {
		if !seen[name] {
			t.Errorf("no %s among %v", name, seen)
		}
	}
}

func TestLine(t *testing.T) {
	for want, l := range map[string]Line{
		"attention                                       480x640x17          2.000 ms      1.50 TFLOP/s   30.0 %    1.00 GB held": {Name: "attention", Clip: "480x640x17", Seconds: 0.002, Rate: 1.5e12, Unit: "FLOP/s", Share: 0.3, Bytes: 1 << 30},
		"ceiling: copy                                                                     30.0 GB/s   ":                          {Name: "ceiling: copy", Rate: 3e10, Unit: "B/s", Share: 1},
	} {
		if got := l.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Every operation is measured in each way that is not the same, and the device is left
// in its own.
func TestWays(t *testing.T) {
	for _, same := range []bool{true, false} {
		d := cpu.New(cpu.Options{})
		taken, lines := "own", map[string]int{}
		way := func(name string) Way {
			return Way{Name: name, Take: func() { taken = name }, Kernels: func(p device.Program) string {
				if same {
					return ""
				}
				return fmt.Sprintf("%p", p)
			}}
		}
		ways := []Way{way("own"), way("other")}
		_, errs := Run(context.Background(), Options{Device: d, Size: Tiny, Parts: []string{"operations", "packed", "step"}, Blocks: 1, Runs: 1, Most: 1,
			Ways: ways, PackedWays: ways, Report: func(l Line) {
				name, other := strings.CutSuffix(l.Name, ", other")
				if other != (l.Times > 0) {
					t.Errorf("%+v", l)
				}
				if !strings.HasPrefix(name, "loading") {
					lines[name]++
				}
			}})
		for _, err := range errs {
			t.Error(err)
		}
		for name, n := range lines {
			if n != map[bool]int{true: 1, false: 2}[same] {
				t.Errorf("the same %v: %s was measured %d times", same, name, n)
			}
		}
		if len(lines) < 15 || lines["16 products in q4_k"] == 0 || taken != "own" {
			t.Errorf("%d operations, and the device was left in its way %q", len(lines), taken)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}
