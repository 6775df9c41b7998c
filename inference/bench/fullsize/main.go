// Fullsize writes a set of the published TI2V-5B's sizes with random weights (10 GB,
// 11 GB and 1.4 GB), as ComfyUI's folders have it, and takes the program's way through
// it, on the CPU or a GPU: found, planned, opened, and a clip made. It tells how long each
// took, and how much memory; on a GPU, how long it is from opening that to the last frame
// of the first clip, and of the next.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"kinora/app/library"
	"kinora/inference"
	"kinora/inference/device"
	"kinora/inference/device/cpu"
	"kinora/inference/device/cuda"
	"kinora/inference/pipeline"
)

func main() {
	log.SetFlags(0)
	dir := flag.String("dir", filepath.Join(os.TempDir(), "kinora-fullsize"), "where the set is, or is to be written (23 GB)")
	width := flag.Int("width", 256, "of the clip")
	height := flag.Int("height", 256, "of the clip")
	frames := flag.Int("frames", 5, "of the clip")
	memory := flag.Int64("memory", 20_000_000_000, "bytes of memory that the plan may take")
	threads := flag.Int("threads", 0, "of the CPU; 0: all")
	steps := flag.Int("steps", 1, "of the clip")
	on := flag.String("device", "cpu", "cpu or cuda; a GPU's memory is what there is of it, whatever -memory says")
	flag.Parse()
	r := inference.Request{Prompt: "a fish swims in the sea", Width: *width, Height: *height, Frames: *frames, Steps: *steps, Seed: 1}
	open := func() (device.Device, error) { return cpu.New(cpu.Options{Threads: *threads}), nil }
	if *on == "cuda" {
		*memory = 0
		open = func() (device.Device, error) { return cuda.Open(cuda.Options{Small: cuda.SmallModel}) }
	}
	if err := run(context.Background(), *dir, r, *memory, open); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, dir string, r inference.Request, memory int64, open func() (device.Device, error)) (err error) {
	begun := time.Now()
	if err := write(dir); err != nil {
		return err
	}
	fmt.Printf("written, or found written, in %.1f s\n", time.Since(begun).Seconds())

	w := watch()
	defer w.stop()
	begun = time.Now()
	lib, err := library.New(os.DirFS("assets/starter"), dir)
	if err != nil {
		return err
	}
	all := lib.Models()
	if len(all) != 2 {
		return fmt.Errorf("models %v, faults %v", all, lib.Faults())
	}
	r.Model = all[1].Name
	fmt.Printf("scanned in %.2f s: %s\n", time.Since(begun).Seconds(), all[1].Title)

	begun = time.Now()
	_, closer, err := lib.Open(r.Model)
	if err != nil {
		return err
	}
	fmt.Printf("opened in %.2f s\n", time.Since(begun).Seconds())
	if err := closer(); err != nil {
		return err
	}
	w.tell("so far")

	started := time.Now()
	dev, err := open()
	if err != nil {
		return err
	}
	fmt.Printf("%s opened in %.2f s\n", dev.Name(), time.Since(started).Seconds())
	defer func() { err = errors.Join(err, dev.Close()) }()
	p := pipeline.New(dev, lib).With(pipeline.Options{Memory: memory})
	begun = time.Now()
	m, err := p.Plan(r)
	if err != nil {
		return err
	}
	fmt.Printf("planned in %.2f s: peak %.2f GB of %.2f GB, beside mapped files\n", time.Since(begun).Seconds(), float64(m.Peak)/1e9, float64(m.Room)/1e9)
	for _, ph := range m.Phases {
		fmt.Printf("  %-26s mapped %6.2f GB, working %6.2f GB, in all %6.2f GB\n", ph.Name, float64(ph.Mapped)/1e9, float64(ph.Working)/1e9, float64(ph.Total)/1e9)
	}

	w.begin()
	generate := func(what string) error {
		begun := time.Now()
		clip, err := p.Generate(ctx, r, nil)
		if err != nil {
			return err
		}
		fmt.Printf("%s of %d frames in %.2f s:", what, len(clip.Frames), time.Since(begun).Seconds())
		for _, s := range []inference.Stage{inference.Loading, inference.Encoding, inference.Denoising, inference.Decoding} {
			fmt.Printf(" %s %.2f s", s, clip.Timings[s].Seconds())
		}
		fmt.Println()
		return nil
	}
	if err := generate("a clip"); err != nil {
		return err
	}
	if _, gpu := dev.(*cuda.Device); gpu {
		fmt.Printf("from opening the GPU to the last frame: %.2f s\n", time.Since(started).Seconds())
		return generate("the next clip")
	}
	w.tell("of the clip")
	return load(dir)
}
