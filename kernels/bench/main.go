// Bench measures the kernels at the published model's sizes on this machine's GPU,
// beside the GPU's own measured ceilings: each tile and each operation by itself, products of few
// rows with packed weights as the device chooses and with these widened first, then a
// step of the denoiser and the decoding of a latent frame at full size, with random
// weights. One JSON object to a line goes to the file -o names; pytorch.py adds what
// PyTorch makes of the same shapes.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"kinora/inference/bench"
	"kinora/inference/device"
	"kinora/inference/device/cuda"
)

func main() {
	log.SetFlags(0)
	out := flag.String("o", "bench.jsonl", "where results go")
	small := flag.Bool("small", false, "tiny sizes, to try the program itself")
	name := flag.String("device", "cuda", "cuda, or emulated or emulated-hopper to try the program where there is no GPU")
	only := flag.String("only", "", "ceilings, tiles, operations, packed, step or decode; all by default")
	which := flag.String("kernels", "both", "on compute capability 9.0: wgmma, mma, proved (wgmma, if it agrees with mma), or both side by side")
	supposed := flag.Bool("supposed", false, "choose tiles by the speeds that are supposed, not by those that the GPU is measured to have, as the program does")
	runs := flag.Int("runs", 20, "how often each is run")
	most := flag.Duration("most", time.Second, "how long each may take, though it is run twice at least")
	proves := flag.Bool("prove", false, "in place of measuring, see whether the kernels for compute capability 9.0 agree with those of mma.sync")
	checks := flag.Bool("check", false, "in place of measuring, see whether every operation is right")
	here := flag.String("here", "", "operations to check in this process; -check does that")
	patience := flag.Duration("patience", 20*time.Second, "how long an operation's checks may take")
	clip := flag.String("clips", "", "in place of measuring, compare clips of the built-in model in this folder with the CPU's")
	pictures := flag.String("pictures", "", "where some of their frames go")
	flag.Parse()
	switch {
	case *here == "all":
		checkHere(*name, *which, *small, items())
		return
	case *here != "":
		checkHere(*name, *which, *small, strings.Split(*here, ";"))
		return
	case *proves:
		if err := prove(*name); err != nil {
			log.Fatal(err)
		}
		return
	case *checks:
		if err := check(*name, *which, *small, *patience); err != nil {
			log.Fatal(err)
		}
		return
	case *clip != "":
		if err := clips(*name, *which, *clip, *pictures, *small); err != nil {
			log.Fatal(err)
		}
		return
	}
	f, err := os.Create(*out)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	start := time.Now()
	d, err := open(*name, *which, "auto")
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	enc := json.NewEncoder(f)
	report := func(l bench.Line) {
		if err := enc.Encode(l); err != nil {
			log.Fatal(err)
		}
		fmt.Println(l)
	}
	fmt.Println(d.Describe())
	report(bench.Line{Name: "open", Seconds: time.Since(start).Seconds()})
	o := bench.Options{Device: d, Runs: *runs, Most: *most, Report: report}
	if *small {
		o.Size = bench.Tiny
	} else if !*supposed {
		speeds, err := d.Measure()
		if err != nil {
			log.Print(err)
		}
		d.Use(speeds)
	}
	kernels := func(p device.Program) string { return fmt.Sprint(d.Launches(p)) }
	o.PackedWays = []bench.Way{{Name: "as it chooses", Take: func() { d.WidenFirst(false) }, Kernels: kernels}, {Name: "widened first", Take: func() { d.WidenFirst(true) }, Kernels: kernels}}
	if wide, _ := d.Wide(); wide && *which == "both" {
		o.Ways = []bench.Way{{Name: "wgmma", Take: func() { d.Prefer(true) }, Kernels: kernels}, {Name: "mma.sync", Take: func() { d.Prefer(false) }, Kernels: kernels}}
	}
	if *only != "" {
		o.Parts = []string{*only}
	}
	o.Look = func(name, clip string, p device.Program, whole time.Duration) error {
		return profile(enc, d, name, clip, p, whole)
	}
	_, errs := bench.Run(context.Background(), o)
	for _, err := range errs {
		log.Print(err)
	}
	fmt.Println("kernels:", loaded(d.Loaded()))
}

// prove says what the program would make of the GPU's own kernels, and how long it took.
func prove(name string) error {
	start := time.Now()
	d, err := open(name, "proved", "auto")
	if err != nil {
		return err
	}
	defer d.Close()
	fmt.Printf("%s (%.2f s)\n", d.Describe(), time.Since(start).Seconds())
	_, err = d.Wide()
	return err
}

// profile reports where a run's time goes, the largest parts first.
func profile(out *json.Encoder, d *cuda.Device, name, clip string, p device.Program, whole time.Duration) error {
	parts, err := d.Profile(p)
	if err != nil {
		return err
	}
	total := func(p cuda.Part) time.Duration { return time.Duration(p.Launches) * p.Each }
	slices.SortFunc(parts, func(x, y cuda.Part) int { return int(total(y) - total(x)) })
	var sum time.Duration
	for _, q := range parts {
		sum += total(q)
	}
	fmt.Printf("    one by one %.3f ms, together %.3f ms\n", 1000*sum.Seconds(), 1000*whole.Seconds())
	for i, q := range parts {
		if err := out.Encode(struct {
			Name, Clip string
			cuda.Part
			Total float64
		}{"part of " + name, clip, q, total(q).Seconds()}); err != nil {
			return err
		}
		if i < 9 {
			fmt.Printf("    %5.1f %% %9.3f ms = %4d x %9.3f ms  %s %s\n", 100*total(q).Seconds()/sum.Seconds(), 1000*total(q).Seconds(),
				q.Launches, 1000*q.Each.Seconds(), q.Kernel, q.Numbers)
		}
	}
	return nil
}
