package dialect

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// A view shows the tensors under one prefix by their official names.
type view struct {
	weights.Source
	prefix string
	rules  []rule
	names  []string
	at     map[string]piece
}

// A piece is a tensor of the source, or some of its rows: the part-th of as many
// equal parts as of says.
type piece struct {
	name     string
	part, of int
}

func newView(s weights.Source, prefix string, rules []rule) (*view, error) {
	v := &view{Source: s, prefix: prefix, rules: rules, at: map[string]piece{}}
	for _, name := range s.Names() {
		bare, ok := strings.CutPrefix(name, prefix)
		if !ok || bare == "" {
			continue
		}
		to := apply(rules, normalScale(bare))
		for i, n := range to {
			p := piece{name, i, len(to)}
			_, shape, _ := s.Info(name)
			splits := len(shape) > 0 && shape[0]%len(to) == 0
			number := strings.HasSuffix(name, ".weight") || strings.HasSuffix(name, ".bias")
			switch {
			case shape.Len() == 1, strings.HasSuffix(name, ".comfy_quant"), !number && !splits:
				p.part, p.of = 0, 1 // it is for all the rows
			case !splits:
				return nil, fmt.Errorf("%s of shape %v does not split into %d", name, shape, len(to))
			}
			if old, twice := v.at[n]; twice {
				if n == embedding { // tied: the same numbers twice
					continue
				}
				return nil, fmt.Errorf("%s and %s both mean %s", old.name, name, n)
			}
			v.at[n] = p
		}
	}
	v.names = slices.Sorted(maps.Keys(v.at))
	return v, nil
}

// evenBlocks proves that blocks are counted without a gap and have the same
// tensors, as they do unless a file is missing.
func (v *view) evenBlocks() error {
	seen := map[int]bool{}
	var first []string // what block 0 has
	for _, n := range v.names {
		rest, ok := strings.CutPrefix(n, "blocks.")
		number, name, dotted := strings.Cut(rest, ".")
		i, err := strconv.Atoi(number)
		if !ok || !dotted || err != nil {
			continue
		}
		seen[i] = true
		// Scales and the like may differ from block to block.
		if i == 0 && (strings.HasSuffix(name, ".weight") || strings.HasSuffix(name, ".bias")) {
			first = append(first, name)
		}
	}
	for i := range len(seen) {
		if !seen[i] {
			return fmt.Errorf("block %d is missing; there are %d others", i, len(seen))
		}
		for _, name := range first {
			if _, ok := v.at[fmt.Sprintf("blocks.%d.%s", i, name)]; !ok {
				return fmt.Errorf("block %d lacks %s, which block 0 has; a file may be missing", i, name)
			}
		}
	}
	return nil
}

// Names implements weights.Source.
func (v *view) Names() []string { return slices.Clone(v.names) }

// Info implements weights.Source.
func (v *view) Info(name string) (tensor.DType, tensor.Shape, bool) {
	p, ok := v.at[name]
	if !ok {
		return 0, nil, false
	}
	d, shape, ok := v.Source.Info(p.name)
	if ok && p.of > 1 {
		shape = slices.Clone(shape)
		shape[0] /= p.of
	}
	return d, shape, ok
}

// Bytes implements weights.Source.
func (v *view) Bytes(name string) ([]byte, error) {
	p, ok := v.at[name]
	if !ok {
		return nil, missing(name)
	}
	b, err := v.Source.Bytes(p.name)
	if err != nil || p.of == 1 {
		return b, err
	}
	n := len(b) / p.of
	return b[p.part*n : (p.part+1)*n : (p.part+1)*n], nil
}

// Read implements weights.Reader.
func (v *view) Read(name string, dst []byte) error {
	p, ok := v.at[name]
	if !ok {
		return missing(name)
	}
	if p.of == 1 {
		return weights.Read(v.Source, p.name, dst)
	}
	all := make([]byte, len(dst)*p.of)
	if err := weights.Read(v.Source, p.name, all); err != nil {
		return err
	}
	copy(dst, all[p.part*len(dst):])
	return nil
}

// Metadata implements weights.Noted.
func (v *view) Metadata() map[string]string { return weights.Metadata(v.Source) }

// Value implements weights.Keyed.
func (v *view) Value(key string) (any, error) { return weights.Value(v.Source, key) }

func missing(name string) error { return fmt.Errorf("tensor %s: not in checkpoint", name) }
