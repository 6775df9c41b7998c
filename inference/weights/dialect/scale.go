package dialect

import (
	"fmt"
	"slices"
	"strings"

	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/quant"
)

// normalScale gives the scale beside a weight one name, whatever it is called.
func normalScale(name string) string {
	for _, other := range []string{".weight_scale", ".weight_scale_inv"} {
		if module, ok := strings.CutSuffix(name, other); ok {
			return module + ".scale_weight"
		}
	}
	return name
}

// A scale has one number for a whole tensor, for each row, or for each square of
// side block.
type scale struct {
	matrix
	values []float32
	perRow int // numbers to a row of squares; 0 for the other two
}

const block = 128 // the side of the squares, the same in all files that have them

func (v *view) readScale(name, weight string) (scale, error) {
	m, err := v.matrix(weight, 1)
	if err != nil {
		return scale{}, fmt.Errorf("it scales %w", err)
	}
	if elems, _ := m.stored.Block(); elems != 1 || m.stored == tensor.Bool || m.stored == tensor.U8 {
		return scale{}, fmt.Errorf("it scales %s of type %v", weight, m.stored)
	}
	sd, ss, _ := v.Info(name)
	n := ss.Len()
	up := func(n int) int { return (n + block - 1) / block }
	s := scale{matrix: m}
	switch {
	case n == 1, n == m.height:
	case len(ss) == 2 && ss[0] == up(m.height) && ss[1] == up(m.cols):
		s.perRow = ss[1]
	default:
		return scale{}, fmt.Errorf("shape %v does not fit %s of %v", ss, weight, m.shape())
	}
	raw := make([]byte, sd.Size(n))
	if err := v.Read(name, raw); err != nil {
		return scale{}, err
	}
	s.values = make([]float32, n)
	return s, quant.Widen(s.values, sd, raw)
}

// simple reports whether products with the weight as it is stored need only be
// multiplied: by one number, or each row by its own.
func (s scale) simple() bool {
	return s.perRow == 0 && (s.stored == tensor.F8E4M3 || s.stored == tensor.F8E5M2)
}

func (s scale) String() string { return s.stored.String() + " scaled" }

func (s scale) rows(*view) (rowWidener, error) {
	return func(dst []float32, raw []byte, row int) error {
		if err := quant.Widen(dst, s.stored, raw); err != nil {
			return err
		}
		for col := range dst {
			dst[col] *= s.at(row, col)
		}
		return nil
	}, nil
}

func (s scale) at(row, col int) float32 {
	switch {
	case len(s.values) == 1:
		return s.values[0]
	case s.perRow > 0:
		return s.values[row/block*s.perRow+col/block]
	}
	return s.values[row]
}

// A narrow view shows matrices as they are stored where their scales can be told
// apart from them: with a number for all of it, or for each row.
type narrow struct {
	*wide
	names []string
	given map[string]scale // by the name of the scale
}

// beside is the part with as little widened as may be.
func (w *wide) beside() weights.Source {
	n := &narrow{wide: &wide{view: w.view, codes: map[string]coding{}}, given: map[string]scale{}}
	for weight, c := range w.codes {
		s, plain := c.(scale)
		table := strings.HasSuffix(weight, "embedding.weight") // its rows are looked up, not multiplied
		if !plain || !s.simple() || table && (len(s.values) > 1 || weight != embedding) {
			n.codes[weight] = c
			continue
		}
		n.given[strings.TrimSuffix(weight, "weight")+"scale_weight"] = s
	}
	for _, name := range w.names {
		if _, kept := n.given[name]; kept || !strings.HasSuffix(name, ".scale_weight") {
			n.names = append(n.names, name)
		}
	}
	return n
}

// embedding is the largest table of a text encoder.
const embedding = "token_embedding.weight"

// Names implements weights.Source.
func (n *narrow) Names() []string { return slices.Clone(n.names) }

// Info implements weights.Source.
func (n *narrow) Info(name string) (tensor.DType, tensor.Shape, bool) {
	if s, ok := n.given[name]; ok {
		return tensor.F32, tensor.Shape{len(s.values)}, true
	}
	if strings.HasSuffix(name, ".scale_weight") {
		return 0, nil, false
	}
	return n.wide.Info(name)
}

// Bytes implements weights.Source.
func (n *narrow) Bytes(name string) ([]byte, error) {
	if s, ok := n.given[name]; ok {
		return tensor.Bytes(s.values), nil
	}
	return n.wide.Bytes(name)
}

// Read implements weights.Reader.
func (n *narrow) Read(name string, dst []byte) error {
	s, ok := n.given[name]
	if !ok {
		return n.wide.Read(name, dst)
	}
	if len(dst) != 4*len(s.values) {
		return fmt.Errorf("tensor %s: room for %d bytes, want %d", name, len(dst), 4*len(s.values))
	}
	copy(dst, tensor.Bytes(s.values))
	return nil
}
