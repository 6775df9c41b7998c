package cli

import (
	"context"
	"errors"
	"flag"

	"kinora/app/studio"
)

// BenchOptions are what the flags of bench say.
type BenchOptions struct {
	studio.EngineOptions
	JSON bool
	// Whole measures all sizes, whatever the device; Quick hardly any.
	Whole, Quick bool
}

func measure(ctx context.Context, e Env, c *command, args []string) error {
	var o BenchOptions
	_, words, err := parse(e, c, func(f *flag.FlagSet) {
		f.BoolVar(&o.JSON, "json", false, "print one JSON object")
		f.BoolVar(&o.Whole, "whole", false, "all sizes on a CPU too, which takes hours and 24 GB of memory")
		f.BoolVar(&o.Quick, "quick", false, "tiny sizes, to see that everything runs; the figures say nothing")
		f.StringVar(&o.Device, "device", "auto", "auto, cpu, cuda or cuda-mma")
		f.IntVar(&o.Threads, "threads", 0, "CPU threads (default: all)")
	}, args)
	if err != nil {
		return err
	}
	if len(words) > 0 {
		return usage("bench takes no words, only flags; kinora bench --help shows them")
	}
	if err := computes(o.Device); err != nil {
		return err
	}
	if o.Threads < 0 || o.Threads > 1024 {
		return usage("--threads %d: want 1 to 1024, or 0 for all cores", o.Threads)
	}
	if e.Bench == nil {
		return errors.New("this program cannot measure")
	}
	return e.Bench(ctx, e, o)
}
