// Bench measures the kernels at the published model's sizes on this machine's GPU,
// beside the GPU's own measured ceilings: each operation by itself, then a step of
// the denoiser and the decoding of a latent frame at full size, with random
// weights. One JSON object to a line goes to the file -o names; pytorch.py adds what
// PyTorch makes of the same shapes.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"kinora/inference/device/cuda"
)

// A Line is one measurement.
type Line struct {
	Name    string  `json:"name"`
	Clip    string  `json:"clip,omitempty"`
	Seconds float64 `json:"seconds"`
	Rate    float64 `json:"rate,omitempty"` // operations or bytes a second
	Unit    string  `json:"unit,omitempty"`
	Share   float64 `json:"share,omitempty"` // of the ceiling
	Bytes   int64   `json:"bytes,omitempty"` // held on the GPU
}

type bench struct {
	dev      *cuda.Device
	ceilings cuda.Ceilings
	out      *json.Encoder
	small    bool
	weights  *random
	runs     int
	most     time.Duration
}

func main() {
	log.SetFlags(0)
	out := flag.String("o", "bench.jsonl", "where results go")
	small := flag.Bool("small", false, "tiny sizes, to try the program itself")
	name := flag.String("device", "cuda", "cuda, or emulated to try the program where there is no GPU")
	only := flag.String("only", "", "ceilings, operations, step or decode; all by default")
	runs := flag.Int("runs", 20, "how often each is run")
	most := flag.Duration("most", time.Second, "how long each may take, though it is run twice at least")
	checks := flag.Bool("check", false, "in place of measuring, see whether every operation is right")
	here := flag.String("here", "", "operations to check in this process; -check does that")
	patience := flag.Duration("patience", 20*time.Second, "how long an operation's checks may take")
	clip := flag.String("clips", "", "in place of measuring, compare clips of the built-in model in this folder with the CPU's")
	pictures := flag.String("pictures", "", "where some of their frames go")
	flag.Parse()
	switch {
	case *here == "all":
		checkHere(*name, *small, items())
		return
	case *here != "":
		checkHere(*name, *small, strings.Split(*here, ";"))
		return
	case *checks:
		if err := check(*name, *small, *patience); err != nil {
			log.Fatal(err)
		}
		return
	case *clip != "":
		if err := clips(*name, *clip, *pictures, *small); err != nil {
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
	d, err := open(*name, "auto")
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	b := &bench{dev: d, out: json.NewEncoder(f), small: *small, runs: *runs, most: *most}
	fmt.Println(b.dev.Describe())
	b.report(Line{Name: "open", Seconds: time.Since(start).Seconds()})
	for _, part := range []struct {
		name string
		run  func() error
	}{{"ceilings", b.measureCeilings}, {"operations", b.operations}, {"step", b.steps}, {"decode", b.decodes}} {
		if *only != "" && *only != part.name && part.name != "ceilings" {
			continue
		}
		if err := part.run(); err != nil {
			log.Printf("%s: %v", part.name, err)
		}
	}
	fmt.Println("kernels:", loaded(b.dev.Loaded()))
}

func (b *bench) report(l Line) {
	if err := b.out.Encode(l); err != nil {
		log.Fatal(err)
	}
	s := fmt.Sprintf("%-34s %-16s %10.3f ms", l.Name, l.Clip, 1000*l.Seconds)
	switch {
	case l.Unit == "FLOP/s":
		s += fmt.Sprintf("  %8.1f TFLOP/s  %5.1f %%", l.Rate/1e12, 100*l.Share)
	case l.Unit == "B/s":
		s += fmt.Sprintf("  %8.0f GB/s     %5.1f %%", l.Rate/1e9, 100*l.Share)
	}
	if l.Bytes > 0 {
		s += fmt.Sprintf("  %6.2f GB held", float64(l.Bytes)/(1<<30))
	}
	fmt.Println(s)
}

func (b *bench) measureCeilings() error {
	if b.small { // the emulated GPU would take hours
		b.ceilings = cuda.Ceilings{BF16: 1e12, F16: 1e12, Copy: 1e12}
		return nil
	}
	c, err := b.dev.Ceilings()
	if err != nil {
		return err
	}
	b.ceilings = c
	b.report(Line{Name: "ceiling: products of registers, bf16", Rate: c.BF16, Unit: "FLOP/s", Share: 1})
	b.report(Line{Name: "ceiling: products of registers, f16", Rate: c.F16, Unit: "FLOP/s", Share: 1})
	b.report(Line{Name: "ceiling: copy, read and written", Rate: c.Copy, Unit: "B/s", Share: 1})
	return nil
}
