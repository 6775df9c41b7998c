package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"kinora/inference/device"
	"kinora/inference/device/cuda"
	"kinora/inference/device/cuda/emulated"
	"kinora/inference/device/devicetest"
	"kinora/inference/graph"
)

// A verdict is how the cases of an operation came out.
type verdict struct {
	Item    string
	Cases   int
	Passes  int
	Failed  int
	Worst   devicetest.Report // the furthest off, or the first that failed
	Case    string            // it is of
	Error   string
	Seconds float64
	Starts  bool // only says that the item's turn has come
}

var precisions = []string{"auto", "exact", "fast"}

// items are all operations at every precision they differ in, as precision/op.
func items() (list []string) {
	cases := devicetest.Cases()
	for _, p := range precisions {
		for op := graph.View; op < graph.NumOps; op++ {
			switch {
			case len(cases[op]) == 0,
				p == "exact" && op != graph.MatMul && op != graph.Conv3D && op != graph.Composite,
				p == "fast" && op != graph.Attention:
				continue
			}
			list = append(list, fmt.Sprint(p, "/", op))
		}
	}
	return list
}

// trusted takes kernels as they are, to see what they do.
type trusted struct{}

func (trusted) Vet(*cuda.Device) error { return nil }

// open opens a device with the kernels that -kernels names.
func open(name, kernels, precision string) (*cuda.Device, error) {
	o := cuda.Options{Mma: kernels == "mma", Vet: trusted{}, Precision: map[string]cuda.Precision{"exact": cuda.Exact, "fast": cuda.Fast}[precision]}
	if precision == "program" {
		o.Small = cuda.SmallModel
	}
	if kernels == "proved" {
		o.Vet = nil
	}
	var d device.Device
	var err error
	switch name {
	case "emulated":
		d, err = cuda.New(emulated.Open, o)
	case "emulated-hopper":
		d, err = cuda.New(emulated.OpenHopper, o)
	default:
		d, err = cuda.Open(o)
	}
	if err != nil {
		return nil, err
	}
	return d.(*cuda.Device), nil
}

// checkHere runs the items in this process and writes a verdict in JSON before and
// after each. It ends with the context that is lost.
func checkHere(device, kernels string, small bool, list []string) {
	out := json.NewEncoder(os.Stdout)
	say := func(v verdict) {
		if v.Worst.Off != v.Worst.Off || v.Worst.Off > 1e30 { // JSON has no NaN
			v.Worst.Off = 1e30
		}
		if v.Worst.Got != v.Worst.Got || v.Worst.Got-v.Worst.Got != 0 {
			v.Worst.Got, v.Error = 1e30, strings.TrimSpace(v.Error+" not a number, or infinite")
		}
		if err := out.Encode(v); err != nil {
			log.Fatal(err)
		}
	}
	cases := devicetest.Cases()
	var d *cuda.Device
	at := ""
	for _, item := range list {
		say(verdict{Item: item, Starts: true})
		v, start := verdict{Item: item}, time.Now()
		precision, name, _ := strings.Cut(item, "/")
		if d == nil || at != precision {
			if d != nil {
				if err := d.Close(); err != nil {
					v.Error = err.Error()
				}
			}
			var err error
			if d, err = open(device, kernels, precision); err != nil {
				v.Error, v.Failed = err.Error(), 1
				say(v)
				os.Exit(1)
			}
			at = precision
		}
		if strings.HasPrefix(name, "large ") {
			v.large(d, name, small)
		}
		for op, list := range cases {
			if op.String() != name {
				continue
			}
			for _, c := range list {
				v.Cases++
				reports, err := c.Measure(context.Background(), d)
				if err != nil && v.Error == "" {
					v.Error, v.Case = c.Name+": "+err.Error(), c.Name
				}
				good := err == nil
				for _, r := range reports {
					v.Passes++
					if v.Failed == 0 && (v.Passes == 1 || !r.Good() || r.Off > v.Worst.Off) {
						v.Worst, v.Case = r, c.Name
					}
					good = good && r.Good()
				}
				if !good {
					v.Failed++
				}
				if d.Broken() != nil {
					break
				}
			}
		}
		v.Seconds = time.Since(start).Seconds()
		say(v)
		if d.Broken() != nil {
			os.Exit(3)
		}
	}
	say(verdict{Item: "loaded", Error: loaded(d.Loaded())})
	if err := d.Close(); err != nil {
		log.Print(err)
	}
}

// loaded says as what kernels were loaded, in a line.
func loaded(files map[string]string) string {
	count := map[string]int{}
	for _, how := range files {
		count[how]++
	}
	var all []string
	for _, how := range slices.Sorted(maps.Keys(count)) {
		all = append(all, fmt.Sprintf("%d files as %s", count[how], how))
	}
	return strings.Join(all, ", ")
}

// check runs every operation's cases in processes of their own: one goes on for as
// long as it can, and when it dies or hangs, another goes on behind.
func check(device, kernels string, small bool, patience time.Duration) error {
	list, good, bad := append(items(), largeItems(small)...), 0, 0
	fmt.Printf("%-27s %5s %6s  %-6s %11s %10s %10s %6s  %s\n", "operation", "cases", "runs", "", "of the tol.", "error", "tolerance", "s", "worst case")
	for len(list) > 0 {
		done, err := checkApart(device, kernels, small, list, patience, func(v verdict) {
			if v.Item == "loaded" {
				fmt.Println("kernels:", v.Error)
				return
			}
			word, r := "pass", v.Worst
			if v.Failed > 0 || v.Error != "" {
				word = "FAIL"
				bad++
			} else {
				good++
			}
			diff := r.Got - r.Want
			if diff < 0 {
				diff = -diff
			}
			fmt.Printf("%-27s %5d %6d  %-6s %11.3f %10.2e %10.2e %6.2f  %s", v.Item, v.Cases, v.Passes, word, r.Off, diff, r.Tolerance, v.Seconds, v.Case)
			if word == "FAIL" {
				fmt.Printf("\n    %d of %d cases; [%d] is %g, want %g; %d of %d numbers are off, [%d] first; %s",
					v.Failed, v.Cases, r.At, r.Got, r.Want, r.Wrong, r.Numbers, r.First, v.Error)
			}
			fmt.Println()
		})
		if err != nil && done == 0 {
			bad++
			fmt.Printf("%-27s %5s %6s  FAIL   %v\n", list[0], "", "", err)
			done = 1
		}
		list = list[done:]
	}
	fmt.Printf("operations: %d pass, %d fail\n", good, bad)
	if bad > 0 {
		return fmt.Errorf("%d operations fail", bad)
	}
	return nil
}

// checkApart starts a process for the items, and returns how many of them came to
// a verdict; the one during which the process ended is counted too, as failed.
func checkApart(device, kernels string, small bool, list []string, patience time.Duration, tell func(verdict)) (done int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	c := exec.Command(self, "-device", device, "-kernels", kernels, fmt.Sprint("-small=", small), "-here", strings.Join(list, ";"))
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := c.Start(); err != nil {
		return 0, err
	}
	lines := make(chan verdict)
	go func() {
		defer close(lines)
		in := bufio.NewScanner(out)
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			var v verdict
			if json.Unmarshal(in.Bytes(), &v) == nil {
				lines <- v
			}
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	under := ""
	for {
		select {
		case v, ok := <-lines:
			if !ok {
				err := c.Wait()
				if under != "" {
					tell(verdict{Item: under, Failed: 1, Error: fmt.Sprintf("the process ended: %v", err)})
					done++
				}
				return done, err
			}
			if v.Starts {
				under = v.Item
				continue
			}
			under = ""
			tell(v)
			if v.Item != "loaded" {
				done++
			}
		case <-time.After(patience):
			_ = c.Process.Kill()
			go func() {
				for range lines {
				}
			}()
			if under == "" {
				return done, errors.New("nothing came in time")
			}
			tell(verdict{Item: under, Failed: 1, Error: fmt.Sprintf("no answer within %v", patience)})
			return done + 1, nil
		}
	}
}
