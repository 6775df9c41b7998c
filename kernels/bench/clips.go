package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kinora/app/library"
	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/cpu"
	"kinora/inference/pipeline"
)

// near is how alike the clip of another device must be, in dB.
const near = 40

// clips makes whole clips with the built-in model on the CPU and on the GPU, from
// the same seeds, and tells how alike they are.
func clips(name, which, starter, pictures string, small bool) error {
	lib, err := library.New(os.DirFS(starter))
	if err != nil {
		return err
	}
	make := func(d device.Device, r inference.Request) (*inference.Clip, time.Duration, error) {
		start := time.Now()
		c, err := pipeline.New(d, lib).Generate(context.Background(), r, nil)
		return c, time.Since(start), err
	}
	type kind struct {
		name string
		inference.Request
	}
	request := inference.Request{Prompt: "a red circle moves to the right", Seed: 7}
	if small {
		request.Width, request.Height, request.Frames, request.Steps = 64, 64, 5, 2
	}
	whole := request // of the size it is made for; last, since the CPU takes its time
	if !small {
		request.Width, request.Height, request.Frames, request.Steps = 160, 128, 9, 8
	}
	other := request
	other.Prompt, other.Seed, other.Sampler = "a yellow star falls down", 99, "unipc"
	kinds := []kind{{"text", request}, {"text, another sampler", other}}
	if !small {
		kinds = append(kinds, kind{"text, whole size", whole})
	}
	host := cpu.New(cpu.Options{})
	defer host.Close()
	bad := 0
	for i, k := range kinds {
		want, took, err := make(host, k.Request)
		if err != nil {
			return err
		}
		fmt.Printf("clip %-24s %-6s %dx%d, %d frames, %8.2f s\n", k.name, "cpu", want.Width, want.Height, len(want.Frames), took.Seconds())
		for _, p := range []string{"program", "auto", "exact", "fast"} {
			if small && p == "fast" {
				continue
			}
			if err := func() (err error) {
				d, err := open(name, which, p)
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, d.Close()) }()
				got, first, err := make(d, k.Request)
				if err != nil {
					return err
				}
				again, took := got, first
				if !small {
					if again, took, err = make(d, k.Request); err != nil {
						return err
					}
				}
				word, alike := "pass", psnr(want.Frames, got.Frames)
				if !(alike >= near) && (p == "program" || p == "exact") {
					word = "FAIL"
					bad++
				}
				own := "" // what rounding alike makes on the CPU
				if !small && (p == "auto" || p == "fast") {
					host := cpu.New(cpu.Options{Round: d.RoundingOf})
					rounded, _, err := make(host, k.Request)
					if err := errors.Join(err, host.Close()); err != nil {
						return err
					}
					own = fmt.Sprintf(" (the CPU rounding alike: %.2f; between the two: %.2f)", psnr(want.Frames, rounded.Frames), psnr(rounded.Frames, got.Frames))
				}
				same := "the same bytes again"
				if !slices.EqualFunc(got.Frames, again.Frames, slices.Equal) {
					same, word = "OTHER BYTES the second time", "FAIL"
					bad++
				}
				fmt.Printf("clip %-24s %-7s %-5s %7.2f dB%s, %s; %.2f s, then %.2f s\n", k.name, p, word, alike, own, same, first.Seconds(), took.Seconds())
				if pictures != "" {
					return save(filepath.Join(pictures, fmt.Sprintf("clip%d-%s.png", i, p)), want, got)
				}
				return nil
			}(); err != nil {
				fmt.Printf("clip %-24s %-6s FAIL  %v\n", k.name, p, err)
				bad++
			}
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d clips fail", bad)
	}
	return nil
}

// psnr is that of two clips of bytes, as one; 999 where they are the same.
func psnr(a, b [][]byte) float64 {
	var sum, n float64
	for i := range a {
		if i >= len(b) || len(a[i]) != len(b[i]) {
			return math.NaN()
		}
		for j := range a[i] {
			e := float64(a[i][j]) - float64(b[i][j])
			sum += e * e
		}
		n += float64(len(a[i]))
	}
	if sum == 0 {
		return 999
	}
	return 10 * math.Log10(255*255*n/sum)
}

// save draws the first, the middle and the last frame of two clips, one above the
// other.
func save(path string, up, down *inference.Clip) error {
	w, h := up.Width, up.Height
	m := image.NewRGBA(image.Rect(0, 0, 3*w, 2*h))
	for row, c := range []*inference.Clip{up, down} {
		for col, f := range []int{0, len(c.Frames) / 2, len(c.Frames) - 1} {
			pix := c.Frames[f]
			step := len(pix) / (w * h)
			for i := range w * h {
				m.Set(col*w+i%w, row*h+i/w, color.RGBA{pix[i*step], pix[i*step+1], pix[i*step+2], 255})
			}
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, m), f.Close())
}
