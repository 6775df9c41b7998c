package pipeline

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/cuda"
	"kinora/inference/device/cuda/driver"
	"kinora/inference/families/wan"
	"kinora/inference/tensor"
)

var update = flag.Bool("update", false, "write the golden plans anew")

// published is TI2V-5B as shapes alone.
func published(s wan.Stored) shelf {
	return shelf{parts: wan.TI2V5B.Outline("ti2v-5b", s), about: inference.Model{Name: "ti2v-5b", Title: "TI2V-5B", SizeStep: 32, ImageToVideo: true,
		Default: inference.Request{Width: 1280, Height: 704, Frames: 121, FPS: 24, Steps: 20, Guidance: 5, Shift: 5, Sampler: "unipc"}}}
}

// TestPlansOfThePublishedModel writes down what becomes of TI2V-5B on cards of 3 to
// 24 GB, in steps of half a GB.
func TestPlansOfThePublishedModel(t *testing.T) {
	dev := card(t)
	for _, c := range []struct {
		name string
		as   wan.Stored
		w, h int
		n    int
		goal float64 // GB that must do
	}{
		{"704x1280x121_bf16", wan.Stored{Denoiser: tensor.BF16, Text: tensor.BF16}, 1280, 704, 121, 4.0},
		{"704x1280x121_q8_0", wan.Stored{Denoiser: tensor.Q8_0, Text: tensor.Q8_0}, 1280, 704, 121, 4.0},
		{"480x832x81_q8_0", wan.Stored{Denoiser: tensor.Q8_0, Text: tensor.Q8_0}, 832, 480, 81, 3.0},
	} {
		t.Run(c.name, func(t *testing.T) {
			lib := published(c.as)
			r := inference.Request{Prompt: "a fish", Width: c.w, Height: c.h, Frames: c.n}
			var b strings.Builder
			resident := 0.0
			for half := 6; half <= 48; half++ {
				budget := int64(half) * 500_000_000
				m, err := New(dev, lib).With(Options{Memory: budget}).Plan(r)
				fmt.Fprintf(&b, "%4.1f GB  ", float64(half)/2)
				switch {
				case errors.Is(err, inference.ErrNoMemory):
					fmt.Fprintln(&b, "refused:", err)
					if float64(half)/2 >= c.goal {
						t.Errorf("%.1f GB: %v", float64(half)/2, err)
					}
				case err != nil:
					t.Fatal(err)
				default:
					if m.Peak > budget {
						t.Errorf("%.1f GB: planned %d", float64(half)/2, m.Peak)
					}
					addsUp(t, m)
					line, all := summary(m)
					if fmt.Fprintln(&b, line); all && resident == 0 {
						resident = float64(half) / 2
					}
				}
			}
			fmt.Fprintf(&b, "\ndenoiser resident from %.1f GB on\n", resident)
			if strings.HasSuffix(c.name, "q8_0") && (resident == 0 || resident > 7) {
				t.Errorf("resident from %.1f GB on", resident)
			}
			file := filepath.Join("testdata", "plans", c.name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(file); err != nil || string(want) != b.String() {
				t.Errorf("the plans changed (-update writes them anew): %v\n%s", err, b.String())
			}
		})
	}
}

// addsUp proves that what a plan says of each phase is what the phase takes in all.
func addsUp(t *testing.T, m inference.Memory) {
	t.Helper()
	for _, p := range m.Phases {
		if least := min(p.Resident, p.Staging, p.Working, p.Held); least < 0 || p.Resident+p.Staging+p.Working+p.Held != p.Total {
			t.Errorf("%s of %d: %d stay, room for others to come by %d, %d worked on, %d held, together %d", p.Name, m.Peak, p.Resident, p.Staging, p.Working, p.Held, p.Total)
		}
	}
}

// summary is a plan in a line, and whether the denoiser's weights all stay.
func summary(m inference.Memory) (string, bool) {
	var parts []string
	all := false
	for _, p := range m.Phases {
		if strings.HasSuffix(p.Name, "first frame") || strings.HasPrefix(p.Name, "text projection") || strings.HasPrefix(p.Name, "sums") || p.Name == "preview" || p.Name == "timesteps" {
			continue
		}
		how := fmt.Sprintf("%s %.2f", p.Name, float64(p.Total)/1e9)
		if p.Streamed > 0 {
			how += fmt.Sprintf(" (%.2f of %.2f streamed)", float64(p.Streamed)/1e9, float64(p.Streamed+p.Resident)/1e9)
		}
		if p.Rows > 0 {
			how += fmt.Sprintf(" (%d rows)", p.Rows)
		}
		if p.Tiles > 0 {
			how += fmt.Sprintf(" (%d tiles)", p.Tiles)
		}
		if strings.HasPrefix(p.Name, denoiserPhase) {
			all = p.Streamed == 0
		}
		parts = append(parts, how)
	}
	return fmt.Sprintf("peak %.2f: %s", float64(m.Peak)/1e9, strings.Join(parts, "; ")), all
}

// TestQ8StaysOnGPU: with weights of 8 bits all of the denoiser stays in 7.0 GB at
// 704×1280, 121 frames.
func TestQ8StaysOnGPU(t *testing.T) {
	dev := card(t)
	for _, c := range []struct {
		as   wan.Stored
		room int64
		all  bool
	}{
		{wan.Stored{Denoiser: tensor.Q8_0, Text: tensor.Q8_0}, 7_000_000_000, true},
		{wan.Stored{Denoiser: tensor.Q4K, Text: tensor.Q4K}, 5_200_000_000, true},
		{wan.Stored{Denoiser: tensor.BF16, Text: tensor.BF16}, 4_000_000_000, false},
	} {
		m, err := New(dev, published(c.as)).With(Options{Memory: c.room}).Plan(inference.Request{Prompt: "a fish"})
		if err != nil {
			t.Errorf("%v: %v", c.as, err)
			continue
		}
		line, all := summary(m)
		t.Log(c.as.Denoiser, line)
		if all != c.all || m.Peak > c.room {
			t.Errorf("%v in %d: peak %d, all of the denoiser stays: %v", c.as.Denoiser, c.room, m.Peak, all)
		}
	}
}

// card is a GPU of 24 GB that is not there.
func card(t *testing.T) device.Device {
	t.Helper()
	dev, err := cuda.New(func(int) (driver.Driver, error) { return driver.Idle(24_000_000_000), nil }, cuda.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	return dev
}
