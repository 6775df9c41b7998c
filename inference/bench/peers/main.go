// Command peers measures one denoiser step on the CPU beside PyTorch and
// stable-diffusion.cpp: the same random weights, the same number of threads, the
// same latents, in one run. What is not installed is left out, and said.
//
// Rounds are interleaved, and each figure is told as the least and the median of all
// steps of all rounds, so that a busy machine changes them as little as can be.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"

	"kinora/inference/families/wan"
)

type options struct {
	python, sdcpp, sdflags  string
	threads, rounds, steps  int
	kinds, sizes, dir, note string
	small, bf16             bool
}

func main() {
	var o options
	flag.StringVar(&o.python, "python", "python3", "an interpreter that has torch and safetensors")
	flag.StringVar(&o.sdcpp, "sdcpp", "sd-cli", "stable-diffusion.cpp's command")
	flag.StringVar(&o.sdflags, "sdcpp-flags", "--diffusion-fa", "more flags for it")
	flag.IntVar(&o.threads, "threads", runtime.GOMAXPROCS(0), "threads of each engine")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds")
	flag.IntVar(&o.steps, "steps", 2, "steps a round, after one to warm up")
	flag.StringVar(&o.kinds, "kinds", "f32,bf16,q8_0", "how weights are stored: f32, bf16, f16, q8_0")
	flag.StringVar(&o.sizes, "sizes", "256x256x1,384x256x9", "clips: columns, rows, frames; multiples of 16, 16 and 4, and one frame more")
	flag.StringVar(&o.dir, "dir", "", "where weights lie between runs (default: a folder that goes with the run)")
	flag.StringVar(&o.note, "note", "", "what to say beside the figures, such as the commit")
	flag.BoolVar(&o.bf16, "bf16", false, "have Kinora multiply in bfloat16, as the others do where weights are bf16")
	flag.BoolVar(&o.small, "small", false, "a tiny model, to see that everything runs; the figures say nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A peer measures all sizes with one checkpoint, and gives the seconds of each step.
type peer interface {
	name() string
	// ready says what stands in the way of running it, and which version it is.
	ready(ctx context.Context) (version string, err error)
	takes(kind) bool
	round(ctx context.Context, checkpoint string, k kind, clips []clip) (map[clip]result, error)
}

// A result is what one round gives for a size.
type result struct {
	seconds []float64 // of each step
	work    []float64 // the processor's, of all threads; zeros where it is not known
	error   float64   // of the numbers, relative to ours
	checked bool
}

func (r *result) add(seconds, work float64) {
	r.seconds, r.work = append(r.seconds, seconds), append(r.work, work)
}

func run(ctx context.Context, o options, out io.Writer) (err error) {
	build := mid
	if o.small {
		build = small
	}
	clips, err := parseClips(o.sizes)
	if err != nil {
		return err
	}
	var stored []kind
	for _, name := range strings.Split(o.kinds, ",") {
		i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
		if i < 0 {
			return fmt.Errorf("-kinds %q: want f32, bf16, f16 or q8_0, with commas between", name)
		}
		stored = append(stored, kinds[i])
	}
	if o.threads < 1 || o.rounds < 1 || o.steps < 1 {
		return fmt.Errorf("-threads %d -rounds %d -steps %d: want 1 or more", o.threads, o.rounds, o.steps)
	}
	scratch, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	if o.dir == "" {
		o.dir = scratch
	} else if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	ours := &kinora{build: build, threads: o.threads, steps: o.steps, bf16: o.bf16, scratch: scratch}
	all := []peer{ours,
		&torch{python: o.python, build: build, threads: o.threads, steps: o.steps, scratch: scratch},
		&sdcpp{command: o.sdcpp, flags: strings.Fields(o.sdflags), build: build, threads: o.threads, steps: o.steps, scratch: scratch},
	}
	fmt.Fprintf(out, "%s; %d threads of %d; %s\n", processor(), o.threads, runtime.NumCPU(), o.note)
	fmt.Fprintf(out, "denoiser: %s; %d rows of text\n", describe(build), textLen)
	var here []peer
	for _, p := range all {
		version, err := p.ready(ctx)
		if err != nil {
			fmt.Fprintf(out, "%s is left out: %v\n", p.name(), err)
			continue
		}
		fmt.Fprintf(out, "%s: %s\n", p.name(), version)
		here = append(here, p)
	}
	t := newTable(here, stored, clips)
	defer func() { t.print(out) }() // whatever there is by then
	for n := range o.rounds {
		for _, k := range stored {
			path, err := checkpoint(ctx, o.dir, build, k)
			if err != nil {
				return err
			}
			for _, p := range here {
				if !p.takes(k) {
					continue
				}
				got, err := p.round(ctx, path, k, clips)
				if err != nil {
					return fmt.Errorf("%s, %s, round %d: %w", p.name(), k.name, n+1, err)
				}
				t.add(p, k, got)
			}
		}
		fmt.Fprintf(os.Stderr, "round %d of %d is done\n", n+1, o.rounds)
	}
	return nil
}

func describe(b wan.Build) string {
	return fmt.Sprintf("%d blocks, %d wide, feed-forward %d, %d heads, %d latent channels", b.Layers, b.Dim, b.FFN, b.Dim/128, b.Channels)
}
