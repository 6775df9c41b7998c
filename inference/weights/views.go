package weights

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kinora/inference/tensor"
)

// A view shows tensors of other sources under names of its own. Closing it closes
// what it looks at, which may be done twice.
type view struct {
	names []string
	at    map[string]place
	of    []Source
}

type place struct {
	in   Source
	name string
}

// Rename shows the tensors of s under the names that to gives them. Those it
// gives no name are left out; two under one name are an error.
func Rename(s Source, to func(name string) string) (Source, error) {
	v := &view{at: map[string]place{}, of: []Source{s}}
	for _, name := range s.Names() {
		if err := v.add(to(name), place{s, name}); err != nil {
			return nil, err
		}
	}
	return v.sorted(), nil
}

// Within shows the tensors whose names begin with prefix, without it.
func Within(s Source, prefix string) Source {
	v, _ := Rename(s, func(name string) string { // names stay distinct
		rest, _ := strings.CutPrefix(name, prefix)
		if rest == name && prefix != "" {
			return ""
		}
		return rest
	})
	return v
}

// Prefixed shows every tensor of s with prefix before its name.
func Prefixed(s Source, prefix string) Source {
	v, _ := Rename(s, func(name string) string { return prefix + name }) // names stay distinct
	return v
}

// Join shows the tensors of several sources as one. A tensor in two of them is an
// error.
func Join(parts ...Source) (Source, error) {
	v := &view{at: map[string]place{}, of: parts}
	for _, p := range parts {
		for _, name := range p.Names() {
			if err := v.add(name, place{p, name}); err != nil {
				return nil, err
			}
		}
	}
	return v.sorted(), nil
}

func (v *view) add(name string, p place) error {
	if name == "" {
		return nil
	}
	if old, twice := v.at[name]; twice {
		if old.name == p.name {
			return fmt.Errorf("two files hold %s", name)
		}
		return fmt.Errorf("%s and %s both mean %s", old.name, p.name, name)
	}
	v.at[name] = p
	return nil
}

func (v *view) sorted() *view {
	v.names = slices.Sorted(maps.Keys(v.at))
	return v
}

// Names implements Source.
func (v *view) Names() []string { return slices.Clone(v.names) }

// Info implements Source.
func (v *view) Info(name string) (tensor.DType, tensor.Shape, bool) {
	p, ok := v.at[name]
	if !ok {
		return 0, nil, false
	}
	return p.in.Info(p.name)
}

// Bytes implements Source.
func (v *view) Bytes(name string) ([]byte, error) {
	p, ok := v.at[name]
	if !ok {
		return nil, missing(name)
	}
	return p.in.Bytes(p.name)
}

// Made implements Maker.
func (v *view) Made(name string) bool {
	p, ok := v.at[name]
	return ok && Made(p.in, p.name)
}

// Read implements Reader.
func (v *view) Read(name string, dst []byte) error {
	p, ok := v.at[name]
	if !ok {
		return missing(name)
	}
	return Read(p.in, p.name, dst)
}

// Metadata implements Noted.
func (v *view) Metadata() map[string]string {
	all := map[string]string{}
	for _, s := range slices.Backward(v.of) { // the first has the last word
		maps.Copy(all, Metadata(s))
	}
	return all
}

// Value implements Keyed: the first that has the key answers.
func (v *view) Value(key string) (any, error) {
	for _, s := range v.of {
		if x, err := Value(s, key); x != nil || err != nil {
			return x, err
		}
	}
	return nil, nil
}

// Close implements Source.
func (v *view) Close() error {
	var err error
	for _, s := range v.of {
		err = errors.Join(err, s.Close())
	}
	return err
}

func missing(name string) error { return fmt.Errorf("tensor %s: not in checkpoint", name) }
