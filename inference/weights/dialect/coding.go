package dialect

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/quant"
)

// A coding is how a matrix is stored, where its type alone does not say what its
// numbers are.
type coding interface {
	fmt.Stringer
	of() matrix
	// rows reads what stands beside the weight, which may be large, and returns what
	// widens its rows.
	rows(v *view) (rowWidener, error)
}

// A rowWidener turns the stored bytes of a row into numbers. Rows are counted in
// what the view shows, which may be a part of those in the file.
type rowWidener func(dst []float32, raw []byte, row int) error

// A matrix is a weight of rows × cols numbers, as many to a stored element as per
// says. They are the rows from first on of total in the file: a fused projection is
// shown as several matrices.
type matrix struct {
	name         string
	stored       tensor.DType
	height, cols int
	per          int
	first, total int
}

func (m matrix) of() matrix          { return m }
func (m matrix) shape() tensor.Shape { return tensor.Shape{m.height, m.cols} }

func (v *view) matrix(weight string, per int) (matrix, error) {
	d, shape, ok := v.Info(weight)
	if !ok || len(shape) != 2 || shape.Len() == 0 { // with no rows its width may be anything
		return matrix{}, fmt.Errorf("%s, which is no matrix here", weight)
	}
	p := v.at[weight]
	return matrix{weight, d, shape[0], shape[1] * per, per, p.part * shape[0], p.of * shape[0]}, nil
}

// A wide view shows coded weights as bf16.
type wide struct {
	*view
	codes map[string]coding // by the name of the weight
	names []string          // without what only coded weights need
}

func widen(v *view) (*wide, error) {
	w := &wide{view: v, codes: map[string]coding{}}
	about, err := v.described()
	if err != nil {
		return nil, err
	}
	gone := map[string]bool{}
	for _, module := range slices.Sorted(maps.Keys(about)) {
		c, beside, err := v.coded(module, about[module])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", module, err)
		}
		if c == nil { // its scale says it all
			continue
		}
		w.codes[module+".weight"] = c
		for _, end := range append(beside, ".comfy_quant") {
			gone[module+end] = true
		}
	}
	for _, name := range v.names {
		if gone[name] {
			continue
		}
		w.names = append(w.names, name)
		module, ok := strings.CutSuffix(name, ".scale_weight")
		if !ok {
			continue
		}
		weight := module + ".weight"
		s, err := v.readScale(name, weight)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		w.codes[weight] = s
	}
	return w, nil
}

// Names implements weights.Source.
func (w *wide) Names() []string { return slices.Clone(w.names) }

// Info implements weights.Source.
func (w *wide) Info(name string) (tensor.DType, tensor.Shape, bool) {
	if c, ok := w.codes[name]; ok {
		return tensor.BF16, c.of().shape(), true
	}
	return w.view.Info(name)
}

// Bytes implements weights.Source.
func (w *wide) Bytes(name string) ([]byte, error) {
	c, coded := w.codes[name]
	if !coded {
		return w.view.Bytes(name)
	}
	b := make([]byte, tensor.BF16.Size(c.of().shape().Len()))
	return b, w.Read(name, b)
}

// Made implements weights.Maker.
func (w *wide) Made(name string) bool { return w.codes[name] != nil }

// Read implements weights.Reader.
func (w *wide) Read(name string, dst []byte) error {
	c, coded := w.codes[name]
	if !coded {
		return w.view.Read(name, dst)
	}
	m := c.of()
	if n := m.shape().Len(); int64(len(dst)) != tensor.BF16.Size(n) {
		return fmt.Errorf("tensor %s: room for %d bytes, want %d", name, len(dst), tensor.BF16.Size(n))
	}
	size := int(m.stored.Size(m.cols / m.per))
	raw := make([]byte, m.height*size)
	if err := weights.Read(w.view, name, raw); err != nil {
		return err
	}
	widen, err := c.rows(w.view)
	if err != nil {
		return fmt.Errorf("tensor %s: %w", name, err)
	}
	row := make([]float32, m.cols)
	for r := range m.height {
		if err := widen(row, raw[r*size:(r+1)*size], r); err != nil {
			return fmt.Errorf("tensor %s: %w", name, err)
		}
		if err := quant.Narrow(dst[2*r*m.cols:2*(r+1)*m.cols], tensor.BF16, row); err != nil {
			return fmt.Errorf("tensor %s: %w", name, err)
		}
	}
	return nil
}

// A companion is a tensor beside a weight, whole as it is in the file: also beside a
// part of a fused projection.
type companion struct {
	name string // as the view calls it
	file string
	d    tensor.DType
	n    int
}

// companion finds the tensor of that name, which has to have one of the types.
func (v *view) companion(name string, of ...tensor.DType) (companion, error) {
	p, ok := v.at[name]
	if !ok {
		return companion{}, fmt.Errorf("%s is missing", name)
	}
	d, shape, _ := v.Source.Info(p.name)
	if !slices.Contains(of, d) {
		return companion{}, fmt.Errorf("%s is of type %v", name, d)
	}
	return companion{name, p.name, d, shape.Len()}, nil
}

// want proves that it has as many numbers as one of those.
func (c companion) want(n ...int) error {
	if !slices.Contains(n, c.n) {
		return fmt.Errorf("%s has %d numbers, want %d", c.name, c.n, n[0])
	}
	return nil
}

func (c companion) bytes(v *view) ([]byte, error) {
	b := make([]byte, c.d.Size(c.n))
	return b, weights.Read(v.Source, c.file, b)
}

func (c companion) floats(v *view) ([]float32, error) {
	if c.file == "" {
		return nil, nil
	}
	b, err := c.bytes(v)
	if err != nil {
		return nil, err
	}
	x := make([]float32, c.n)
	return x, quant.Widen(x, c.d, b)
}
