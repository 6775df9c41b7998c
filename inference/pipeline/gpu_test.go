package pipeline

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"kinora/inference"
	"kinora/inference/device/cuda"
	"kinora/inference/device/cuda/driver"
	"kinora/inference/device/cuda/emulated"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/quant"
)

// counted counts what is held of a GPU.
type counted struct {
	driver.Driver
	next      driver.Ptr
	held      map[driver.Ptr]int64
	now, peak int64
}

// Alloc implements driver.Driver.
func (c *counted) Alloc(n int64) (driver.Ptr, error) {
	p, err := c.Driver.Alloc(n)
	if err != nil {
		return 0, err
	}
	if _, ok := c.Driver.(driver.Idle); ok {
		c.next += driver.Ptr((n + 511) / 256 * 256)
		p = c.next
	}
	c.held[p] = n
	c.now += n
	c.peak = max(c.peak, c.now)
	return p, nil
}

// Free implements driver.Driver.
func (c *counted) Free(p driver.Ptr) error {
	c.now -= c.held[p]
	delete(c.held, p)
	return c.Driver.Free(p)
}

// stored is a shelf with the weights as d that have rows and whose rows are whole
// blocks of d.
func (s shelf) stored(t testing.TB, d tensor.DType) shelf {
	t.Helper()
	turn := func(src weights.Map) weights.Map {
		m := weights.Map{}
		for name, e := range src {
			block, _ := d.Block()
			if e.DType == tensor.F32 && len(e.Shape) > 1 && e.Shape[len(e.Shape)-1]%block == 0 {
				b := make([]byte, d.Size(e.Shape.Len()))
				if err := quant.Narrow(b, d, tensor.View[float32](e.Data)); err != nil {
					t.Fatal(err)
				}
				e = weights.Entry{DType: d, Shape: e.Shape, Data: b}
			}
			m[name] = e
		}
		return m
	}
	den := s.parts.Denoiser.(told)
	s.parts.Denoiser = told{turn(den.Map), den.config}
	s.parts.Text = turn(s.parts.Text.(weights.Map))
	s.parts.VAE = turn(s.parts.VAE.(weights.Map))
	return s
}

// TestGPUKeepsItsPlans: what is planned is what the CUDA device takes, to a
// hundredth, whatever weights are stored as and values between operations are, and a
// clip that has less room is the same clip. KINORA_TEST_DEVICE=emulated computes it;
// else nothing is.
func TestGPUKeepsItsPlans(t *testing.T) {
	kernels := os.Getenv("KINORA_TEST_DEVICE") == "emulated"
	var n tally
	for _, as := range []tensor.DType{tensor.F32, tensor.BF16, tensor.F16, tensor.Q8_0} {
		for _, size := range [][3]int{{64, 32, 5}, {128, 96, 9}} {
			if kernels && (as != tensor.BF16 && as != tensor.Q8_0 || size[0] > 64) {
				continue
			}
			r := wordy
			r.Width, r.Height, r.Frames, r.Steps = size[0], size[1], size[2], 2
			lib := heavy(t).stored(t, as)
			var before *inference.Clip
			for budget := int64(64_000_000); budget > 500_000; budget -= budget / 4 {
				clip := n.keepsOnGPU(t, fmt.Sprintf("%v, %d×%d×%d, %d kB", as, size[0], size[1], size[2], budget/1000), lib, r, budget, kernels)
				if clip == nil {
					break
				}
				if before != nil && !alike(before, clip) {
					t.Errorf("%v, %d kB: another clip", as, budget/1000)
				}
				before = clip
			}
		}
	}
	t.Logf("%+v", n)
	if n.ran == 0 || n.refused == 0 || n.streamed == 0 || n.frugal == 0 || n.pieces == 0 {
		t.Error("the budgets do not reach every way")
	}
}

// keepsOnGPU makes a clip within a budget, nil where it is refused.
func (n *tally) keepsOnGPU(t *testing.T, name string, lib shelf, r inference.Request, budget int64, kernels bool) *inference.Clip {
	t.Helper()
	c := &counted{Driver: driver.Idle(8 << 30), next: 1 << 20, held: map[driver.Ptr]int64{}}
	dev, err := cuda.New(func(i int) (driver.Driver, error) {
		var err error
		if kernels {
			c.Driver, err = emulated.Open(i)
		}
		return c, err
	}, cuda.Options{})
	if errors.Is(err, emulated.ErrNoCompiler) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	own := c.now
	p := New(dev, lib).With(Options{Memory: budget})
	m, err := p.Plan(r)
	if c.peak != own {
		t.Errorf("%s: planning takes %d bytes", name, c.peak-own)
	}
	clip, genErr := p.Generate(t.Context(), r, nil)
	if (err == nil) != (genErr == nil) {
		t.Fatalf("%s: planned %v, ran %v", name, err, genErr)
	}
	if err != nil {
		n.refused++
		if !errors.Is(err, inference.ErrNoMemory) || c.peak != own {
			t.Errorf("%s: %v, after taking %d bytes", name, err, c.peak-own)
		}
		return nil
	}
	n.ran++
	peak := c.peak - own
	if off := math.Abs(float64(m.Peak-peak)) / float64(peak); off > 0.01 || peak > budget || c.now != own {
		t.Errorf("%s: planned %d, held %d, never gave back %d", name, m.Peak, peak, c.now-own)
	}
	for _, ph := range m.Phases {
		n.streamed += min(1, int(ph.Streamed))
		n.tiled += min(1, ph.Tiles)
		n.pieces += min(1, ph.Rows)
		if strings.Contains(ph.Name, "text in every step") {
			n.frugal++
		}
	}
	return clip
}
