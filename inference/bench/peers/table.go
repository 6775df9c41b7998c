package main

import (
	"fmt"
	"io"
	"math"
	"slices"
)

// A table gathers what was measured.
type table struct {
	peers []peer
	kinds []kind
	clips []clip
	cells map[cell]*result
}

type cell struct {
	peer, kind string
	clip       clip
}

func newTable(p []peer, k []kind, c []clip) *table {
	return &table{p, k, c, map[cell]*result{}}
}

// add takes the figures of one round.
func (t *table) add(p peer, k kind, got map[clip]result) {
	for c, r := range got {
		at := cell{p.name(), k.name, c}
		if t.cells[at] == nil {
			t.cells[at] = &result{}
		}
		have := t.cells[at]
		have.seconds, have.work = append(have.seconds, r.seconds...), append(have.work, r.work...)
		have.error, have.checked = max(have.error, r.error), have.checked || r.checked
	}
}

// print tells seconds a step, then those of processors, and of others what share of
// theirs ours takes: below 1 we are faster.
func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "\n%-13s %6s  %-4s  %-20s %8s %8s %9s  %11s %13s  %s\n", "clip", "tokens", "kind", "engine", "least s", "median s", "least cpu", "ours/theirs", "of processors", "numbers")
	for _, c := range t.clips {
		for _, k := range t.kinds {
			ours := t.cells[cell{"Kinora", k.name, c}]
			for _, p := range t.peers {
				r := t.cells[cell{p.name(), k.name, c}]
				if r == nil || len(r.seconds) == 0 {
					continue
				}
				fmt.Fprintf(w, "%-13v %6d  %-4s  %-20s %8.3f %8.3f %9s", c, c.tokens(), k.name, p.name(), slices.Min(r.seconds), median(r.seconds), figure("%.2f", slices.Min(r.work)))
				if r != ours && ours != nil {
					numbers := "not compared"
					if r.checked {
						numbers = fmt.Sprintf("%.1e off", r.error)
					}
					fmt.Fprintf(w, "  %11.2f %13s  %s", slices.Min(ours.seconds)/slices.Min(r.seconds), figure("%.2f", slices.Min(ours.work)/slices.Min(r.work)), numbers)
				}
				fmt.Fprintln(w)
			}
		}
	}
}

// figure is blank for what is not known.
func figure(format string, v float64) string {
	if !(v > 0) || math.IsInf(v, 0) {
		return ""
	}
	return fmt.Sprintf(format, v)
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}
