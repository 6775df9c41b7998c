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

// kept is how a weight is held whose products need only be multiplied: by one number,
// or each row by its own. Whole numbers of 8 bits are blocks of 32 of them with the
// scale 1, which devices widen.
func (s scale) kept() (tensor.DType, bool) {
	switch {
	case s.perRow > 0:
		return 0, false
	case s.stored == tensor.F8E4M3 || s.stored == tensor.F8E5M2:
		return s.stored, true
	case s.stored == tensor.I8 && s.cols%wholeBlock == 0:
		return tensor.Q8_0, true
	}
	return 0, false
}

const wholeBlock = 32 // numbers, behind a scale of 2 bytes

// blocks makes blocks with the scale 1 of whole numbers of 8 bits.
func blocks(dst, src []byte) {
	for ; len(src) > 0; dst, src = dst[2+wholeBlock:], src[wholeBlock:] {
		dst[0], dst[1] = 0, 0x3c // 1 as a float16
		copy(dst[2:], src[:wholeBlock])
	}
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
	given map[string]scale        // by the name of the scale
	types map[string]tensor.DType // of the weights that those belong to
}

// beside is the part with as little widened as may be.
func (w *wide) beside() weights.Source {
	n := &narrow{wide: &wide{view: w.view, codes: map[string]coding{}}, given: map[string]scale{}, types: map[string]tensor.DType{}}
	for weight, c := range w.codes {
		s, plain := c.(scale)
		table := strings.HasSuffix(weight, "embedding.weight") // its rows are looked up, not multiplied
		d, may := s.kept()
		if !plain || !may || table && (len(s.values) > 1 || weight != embedding) {
			n.codes[weight] = c
			continue
		}
		n.types[weight] = d
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
	d, shape, ok := n.wide.Info(name)
	if kept, given := n.types[name]; given {
		d = kept
	}
	return d, shape, ok
}

// Bytes implements weights.Source.
func (n *narrow) Bytes(name string) ([]byte, error) {
	if s, ok := n.given[name]; ok {
		return tensor.Bytes(s.values), nil
	}
	if n.types[name] != tensor.Q8_0 {
		return n.wide.Bytes(name)
	}
	_, shape, _ := n.view.Info(name)
	b := make([]byte, tensor.Q8_0.Size(shape.Len()))
	return b, n.Read(name, b)
}

// Made implements weights.Maker.
func (n *narrow) Made(name string) bool {
	return n.types[name] == tensor.Q8_0 || n.wide.Made(name)
}

// Read implements weights.Reader.
func (n *narrow) Read(name string, dst []byte) error {
	s, scales := n.given[name]
	if !scales && n.types[name] != tensor.Q8_0 {
		return n.wide.Read(name, dst)
	}
	d, shape, _ := n.Info(name)
	if size := d.Size(shape.Len()); int64(len(dst)) != size {
		return fmt.Errorf("tensor %s: room for %d bytes, want %d", name, len(dst), size)
	}
	if scales {
		copy(dst, tensor.Bytes(s.values))
		return nil
	}
	raw := make([]byte, shape.Len())
	if err := weights.Read(n.view, name, raw); err != nil {
		return err
	}
	blocks(dst, raw)
	return nil
}
