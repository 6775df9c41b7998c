// Command bench measures the kernels of package simd in one run: the peak of
// this machine's multiply-adds, and beside it products, convolutions and
// attention at the sizes that the models use. Built with the tag openblas it
// also measures OpenBLAS on the same products, with the same set of instructions.
//
// Rounds are interleaved, each figure next to a peak taken at the same moment,
// and shares are of processor time, so that a busy machine changes the figures
// but hardly the shares. The second share is the best round's of the best peak:
// what is left where others have emptied the caches in most rounds.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"kinora/inference/device/cpu/simd"
)

func main() {
	threads := flag.Int("threads", runtime.GOMAXPROCS(0), "threads")
	rounds := flag.Int("rounds", 5, "rounds; figures are the best, shares the median and that of the best")
	level := flag.String("level", simd.Best().String(), "instruction set")
	only := flag.String("only", "", "matmul, conv or attention; all where empty")
	flag.StringVar(&size, "size", "", "only lines that begin so")
	flag.DurationVar(&spell, "spell", spell, "how long a figure is measured; short ones find the gaps that other programs leave")
	flag.Parse()
	if err := advise(*level); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	p, err := pool(*threads, *level)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	b := bench{p: p, rounds: *rounds}
	b.peaks()
	for _, t := range []struct {
		name string
		run  func()
	}{{"matmul", b.products}, {"conv", b.convolutions}, {"attention", b.attentions}} {
		if *only == "" || *only == t.name {
			t.run()
		}
	}
}

// openBLAS are the kernels that OpenBLAS takes for a level's instructions; for the
// others it takes what suits the machine.
var openBLAS = map[string]string{simd.AVX2.String(): "Haswell"}

// advise starts this program again where the environment does not tell OpenBLAS to
// take the kernels for a level, which it obeys before main begins.
func advise(level string) error {
	const name = "OPENBLAS_CORETYPE"
	if blas == nil || os.Getenv(name) == openBLAS[level] {
		return nil
	}
	os.Unsetenv(name)
	if core := openBLAS[level]; core != "" {
		os.Setenv(name, core)
	}
	c := exec.Command(os.Args[0], os.Args[1:]...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	if err := c.Run(); err != nil {
		return err
	}
	os.Exit(0)
	return nil
}

func pool(threads int, level string) (*simd.Pool, error) {
	levels := simd.Levels()
	if l, ok := simd.BF16(); ok {
		levels = append(levels, l)
	}
	for _, l := range levels {
		if l.String() == level {
			return simd.NewPoolAt(threads, l), nil
		}
	}
	return nil, fmt.Errorf("this machine has no %s: it has %v", level, levels)
}

// size is what the label of a line must begin with.
var size string

func skip(label string) bool { return !strings.HasPrefix(label, size) }
