package sampler

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"kinora/inference"
)

func TestFewStepSchedule(t *testing.T) {
	for _, c := range []struct {
		steps  int
		shift  float64
		sigmas []float64
		times  []float64
	}{
		{3, 1, []float64{1, 0.757, 0.522, 0}, []float64{1000, 757, 522}},
		{4, 1, []float64{1, 0.75, 0.5, 0.25, 0}, []float64{1000, 750, 500, 250}},
		{3, 5, []float64{1, 0.93967, 0.84521, 0}, []float64{1000, 939.67, 845.21}},
		{1, 1, []float64{1, 0}, []float64{1000}},
	} {
		s := FewStepSchedule(c.steps, c.shift)
		near := func(a, b []float64, tol float64) bool {
			return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) <= tol })
		}
		if !near(s.Sigmas, c.sigmas, 1e-5) || !near(s.Timesteps, c.times, 1e-2) {
			t.Errorf("%d steps, shift %g: %v %v", c.steps, c.shift, s.Sigmas, s.Timesteps)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		steps  int
		shift  float64
		sigmas []float64
		want   string
	}{
		{0, 5, nil, "0 steps; choose 1 to 1000"},
		{-3, 5, nil, "-3 steps"},
		{1001, 5, nil, "1001 steps"},
		{20, 0, nil, "shift 0; it must be above 0"},
		{20, nan, nil, "shift NaN"},
		{20, math.Inf(1), nil, "shift +Inf"},
		{20, 1e12, nil, "choose a shift nearer to 1"},
		{20, 1e-300, nil, "choose a shift nearer to 1"},
		{0, 0, []float64{0}, "1 of them"},
		{0, 0, []float64{1, 0.5}, "the last is 0.5; it must be 0"},
		{0, 0, []float64{1, 0.5, 0.5, 0}, "number 3 is 0.5 and does not lie below 0.5"},
		{0, 0, []float64{0.5, 1, 0}, "number 2 is 1 and does not lie below"},
		{0, 0, []float64{1.1, 0}, "number 1 is 1.1"},
		{0, 0, []float64{1, 0, 0}, "number 2 is 0"},
		{0, 0, []float64{nan, 0}, "number 1 is NaN"},
		{0, 0, []float64{1, nan}, "the last is NaN"},
		{0, 0, []float64{1e-60, 0}, "number 1 is 1e-60"},
		{0, 0, make([]float64, 1002), "1001 steps; at most 1000"},
	} {
		for _, a := range All {
			if a.Name == "dmd" && c.steps == 20 && c.shift == 1e-300 {
				continue // keeps its levels in float64, where there is still room
			}
			_, err := a.Plan(c.steps, c.shift, c.sigmas)
			if !errors.Is(err, inference.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %d steps, shift %g, sigmas %.9v: %v, want …%s…", a.Name, c.steps, c.shift, c.sigmas, err, c.want)
			}
		}
	}
}

func TestCustom(t *testing.T) {
	s, err := Custom([]float64{1, 0.5, 0.2509, 0})
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{1000, 500, 250}; !slices.Equal(s.Timesteps, want) {
		t.Errorf("timesteps %v, want %v", s.Timesteps, want)
	}
	if want := []float64{1, 0.5, float64(float32(0.2509)), 0}; !slices.Equal(s.Sigmas, want) {
		t.Errorf("sigmas %v, want %v", s.Sigmas, want)
	}
}

func TestNamesAreDistinct(t *testing.T) {
	seen := map[string]bool{"": true}
	for _, a := range All {
		for _, n := range []string{a.Name, a.Also} {
			if n == "" && a.Name != "" {
				continue
			}
			if seen[n] {
				t.Errorf("two samplers called %q", n)
			}
			seen[n] = true
			if got, ok := Named(n); !ok || got.Title != a.Title {
				t.Errorf("Named(%q) is %q", n, got.Title)
			}
		}
	}
	if _, ok := Named(""); ok {
		t.Error("the empty name names a sampler")
	}
}

// Whatever Plan lets through must be walkable: never NaN, and near the one point
// of the data.
func FuzzPlan(f *testing.F) {
	f.Add(uint8(0), 4, 5.0, []byte(nil))
	f.Add(uint8(1), 50, 3.0, []byte(nil))
	f.Add(uint8(5), 8, 1e-3, []byte(nil))
	f.Add(uint8(6), 3, 1e6, []byte(nil))
	bits := binary.LittleEndian.AppendUint64
	f.Add(uint8(0), 0, 0.0, bits(bits(bits(nil, math.Float64bits(1)), math.Float64bits(0.4)), 0))
	f.Add(uint8(5), 0, 0.0, bits(bits(nil, math.Float64bits(math.NaN())), 0))
	f.Fuzz(func(t *testing.T, which uint8, steps int, shift float64, raw []byte) {
		a := All[int(which)%len(All)]
		var sigmas []float64
		for ; len(raw) >= 8 && len(sigmas) < 64; raw = raw[8:] {
			sigmas = append(sigmas, math.Float64frombits(binary.LittleEndian.Uint64(raw)))
		}
		s, err := a.Plan(steps, shift, sigmas)
		if err != nil {
			return
		}
		if len(s.Sigmas) != s.Steps()+1 {
			t.Fatalf("%d sigmas for %d steps", len(s.Sigmas), s.Steps())
		}
		got := run(t, a, s, 0.3, func(x, sigma float64) float64 { return (x + 0.8) / sigma })
		if !(math.Abs(got+0.8) < 1e-3) {
			t.Errorf("%s on %v reached %v, want -0.8", a.Name, s.Sigmas, got)
		}
	})
}
