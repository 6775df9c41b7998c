// Bench measures the kernels at the published model's sizes on this machine's GPU,
// beside the GPU's own measured ceilings: each operation by itself, then a step of
// the denoiser and the decoding of a latent frame at full size, with random
// weights. One JSON object to a line goes to the file -o names; torch.py adds what
// PyTorch makes of the same shapes.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	"kinora/inference/device"
	"kinora/inference/device/cuda"
	"kinora/inference/device/cuda/emulated"
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
	runs     int
}

func main() {
	log.SetFlags(0)
	out := flag.String("o", "bench.jsonl", "where results go")
	small := flag.Bool("small", false, "tiny sizes, to try the program itself")
	name := flag.String("device", "cuda", "cuda, or emulated to try the program where there is no GPU")
	only := flag.String("only", "", "ceilings, operations, step or decode; all by default")
	runs := flag.Int("runs", 20, "how often each is run")
	flag.Parse()
	f, err := os.Create(*out)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	start := time.Now()
	var d device.Device
	if *name == "emulated" {
		d, err = cuda.New(emulated.Open, cuda.Options{})
	} else {
		d, err = cuda.Open(cuda.Options{})
	}
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	b := &bench{dev: d.(*cuda.Device), out: json.NewEncoder(f), small: *small, runs: *runs}
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
