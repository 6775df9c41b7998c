// Package dialect knows the names that different programs give the tensors of one
// model, and shows every checkpoint under the official ones. What a file is, it
// tells from the tensors in it, never from its name. It knows no architecture
// beyond names and the sizes that tell models apart.
package dialect

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"kinora/inference/weights"
)

// A Part is what a set of tensors is for.
type Part string

// The parts of a model.
const (
	Denoiser Part = "denoiser"
	Text     Part = "text encoder"
	VAE      Part = "VAE"
)

// A Found is one part in a checkpoint.
type Found struct {
	Part    Part
	Dialect string  // whose names it has
	Prefix  string  // before every name in the file
	Model   string  // which model it is of, in words; empty when that is not known
	Stored  string  // how most of it is stored: "bf16", "q4_k", "f8_e4m3 scaled", "nvfp4"
	Bytes   int64   // in the file
	Bits    float64 // of the file to a number of the weights, without what lies beside them
	Held    int64   // bytes that AsStored takes in memory
	// Source shows the part under official names. Weights that are stored with scales
	// beside them, rotated or not, are widened to bf16 as they are read.
	Source weights.Source
	// AsStored widens only what has to be: an fp8 or int8 matrix with one scale, or one
	// for each of its rows, is as it lies in the file, int8 in blocks of 32 (q8_0 with
	// the scale 1, where rows have whole blocks), and beside <module>.weight stands
	// <module>.scale_weight, f32 of [1] or [rows], which its products are to be
	// multiplied by.
	AsStored weights.Source
}

const maxParts = 8

// Identify returns the parts that a checkpoint holds; none when it is of another
// kind.
func Identify(s weights.Source) ([]Found, error) {
	var all []Found
	names := s.Names()
	for _, t := range tongues {
		for _, prefix := range prefixes(names, t.marker) {
			if slices.ContainsFunc(all, func(f Found) bool { return f.Part == t.part && f.Prefix == prefix }) {
				continue // an earlier tongue has it
			}
			f, err := t.read(s, prefix)
			if err != nil {
				return nil, fmt.Errorf("%s in %s names: %w", t.part, t.name, err)
			}
			if all = append(all, f); len(all) > maxParts {
				return nil, fmt.Errorf("it holds more than %d parts of models; open a file of one", maxParts)
			}
		}
	}
	return all, nil
}

// prefixes returns what stands before the marker, wherever it is found.
func prefixes(names []string, marker string) []string {
	var all []string
	for _, n := range names {
		if p, ok := strings.CutSuffix(n, marker); ok && (p == "" || strings.HasSuffix(p, ".")) {
			all = append(all, p)
		}
	}
	return all
}

func (t tongue) read(s weights.Source, prefix string) (Found, error) {
	stored, err := newView(s, prefix, t.rules)
	if err != nil {
		return Found{}, err
	}
	if err := stored.evenBlocks(); err != nil {
		return Found{}, err
	}
	f := Found{Part: t.part, Dialect: t.name, Prefix: prefix}
	wide, err := widen(stored)
	if err != nil {
		return Found{}, err
	}
	f.Source, f.AsStored = wide, wide.beside()
	f.Model = describe(t.part, stored)
	f.measure(wide)
	return f, nil
}

// measure adds up a part, and names how most numbers of its matrices are stored: of those
// in blocks, where there are any, since only they are narrow in many files. Numbers
// count, not bytes, of which narrow ones have few.
func (f *Found) measure(w *wide) {
	all, inBlocks := map[string]int{}, map[string]int{}
	numbers, bytes := 0, int64(0)
	for _, n := range w.view.names {
		d, shape, _ := w.view.Info(n)
		label, size := d.String(), d.Size(shape.Len())
		f.Bytes += size
		if c, coded := w.codes[n]; coded {
			label, shape = c.String(), c.of().shape()
		}
		if len(shape) > 1 {
			all[label] += shape.Len()
			if strings.HasPrefix(n, "blocks.") {
				inBlocks[label] += shape.Len()
			}
		}
		if strings.HasSuffix(n, ".weight") {
			numbers, bytes = numbers+shape.Len(), bytes+size
		}
	}
	for _, n := range f.AsStored.Names() {
		d, shape, _ := f.AsStored.Info(n)
		f.Held += d.Size(shape.Len())
	}
	f.Bits = 8 * float64(bytes) / float64(max(1, numbers))
	by := all
	if len(inBlocks) > 0 {
		by = inBlocks
	}
	for _, label := range slices.Sorted(maps.Keys(by)) {
		if f.Stored == "" || by[label] > by[f.Stored] {
			f.Stored = label
		}
	}
}
