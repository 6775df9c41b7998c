package dialect

import (
	"bytes"
	"encoding/json"
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

// A wide view multiplies scaled weights by their scales and shows them as bf16.
type wide struct {
	*view
	scales map[string]scale // by the name of the weight
}

// A scale has one number for a whole tensor, for each row, or for each square of
// side block.
type scale struct {
	values []float32
	perRow int // numbers to a row of squares; 0 for the other two
}

const block = 128 // the side of the squares, the same in all files that have them

func widen(v *view) (*wide, error) {
	w := &wide{v, map[string]scale{}}
	for _, name := range v.names {
		if module, ok := strings.CutSuffix(name, ".comfy_quant"); ok {
			if err := v.checkQuant(name); err != nil {
				return nil, fmt.Errorf("%s: %w", module, err)
			}
		}
		module, ok := strings.CutSuffix(name, ".scale_weight")
		if !ok {
			continue
		}
		weight := module + ".weight"
		s, err := v.readScale(name, weight)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		w.scales[weight] = s
	}
	return w, nil
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
	n := &narrow{wide: &wide{w.view, map[string]scale{}}, given: map[string]scale{}}
	for weight, s := range w.scales {
		d, _, _ := w.view.Info(weight)
		table := strings.HasSuffix(weight, "embedding.weight") // its rows are looked up, not multiplied
		if s.perRow > 0 || d != tensor.F8E4M3 && d != tensor.F8E5M2 || table && (len(s.values) > 1 || weight != embedding) {
			n.wide.scales[weight] = s
			continue
		}
		n.given[strings.TrimSuffix(weight, "weight")+"scale_weight"] = s
	}
	for _, name := range w.view.names {
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

func (v *view) readScale(name, weight string) (scale, error) {
	d, shape, ok := v.Info(weight)
	if !ok || len(shape) != 2 {
		return scale{}, fmt.Errorf("it scales %s, which is no matrix here", weight)
	}
	if elems, _ := d.Block(); elems != 1 || d == tensor.Bool {
		return scale{}, fmt.Errorf("it scales %s of type %v", weight, d)
	}
	sd, ss, _ := v.Info(name)
	n := ss.Len()
	up := func(n int) int { return (n + block - 1) / block }
	s := scale{}
	switch {
	case n == 1, n == shape[0]:
	case len(ss) == 2 && ss[0] == up(shape[0]) && ss[1] == up(shape[1]):
		s.perRow = ss[1]
	default:
		return scale{}, fmt.Errorf("shape %v does not fit %s of %v", ss, weight, shape)
	}
	raw := make([]byte, sd.Size(n))
	if err := v.Read(name, raw); err != nil {
		return scale{}, err
	}
	s.values = make([]float32, n)
	return s, quant.Widen(s.values, sd, raw)
}

// checkQuant refuses what a scale alone does not undo.
func (v *view) checkQuant(name string) error {
	_, shape, _ := v.Info(name)
	if shape.Len() > 4096 {
		return fmt.Errorf("a description of %d bytes", shape.Len())
	}
	text := make([]byte, shape.Len())
	if err := v.Read(name, text); err != nil {
		return err
	}
	var about struct {
		Format  string          `json:"format"`
		ConvRot json.RawMessage `json:"convrot"`
	}
	if err := json.Unmarshal(bytes.TrimRight(text, "\x00"), &about); err != nil {
		return fmt.Errorf("comfy_quant: %w", err)
	}
	switch about.Format {
	case "float8_e4m3fn", "float8_e5m2", "int8_tensorwise":
	default:
		return fmt.Errorf("quantised as %q, which is not read; use an fp8 scaled, fp16 or GGUF file", about.Format)
	}
	if r := string(about.ConvRot); r != "" && r != "false" && r != "null" {
		return fmt.Errorf("quantised with rotated columns (convrot), which is not read; use an fp8 scaled, fp16 or GGUF file")
	}
	return nil
}

// Info implements weights.Source.
func (w *wide) Info(name string) (tensor.DType, tensor.Shape, bool) {
	d, shape, ok := w.view.Info(name)
	if _, scaled := w.scales[name]; scaled {
		d = tensor.BF16
	}
	return d, shape, ok
}

// Bytes implements weights.Source.
func (w *wide) Bytes(name string) ([]byte, error) {
	if _, scaled := w.scales[name]; !scaled {
		return w.view.Bytes(name)
	}
	_, shape, _ := w.view.Info(name)
	b := make([]byte, tensor.BF16.Size(shape.Len()))
	return b, w.Read(name, b)
}

// Read implements weights.Reader.
func (w *wide) Read(name string, dst []byte) error {
	s, scaled := w.scales[name]
	if !scaled {
		return w.view.Read(name, dst)
	}
	d, shape, _ := w.view.Info(name)
	n := shape.Len()
	if int64(len(dst)) != tensor.BF16.Size(n) {
		return fmt.Errorf("tensor %s: room for %d bytes, want %d", name, len(dst), tensor.BF16.Size(n))
	}
	raw := make([]byte, d.Size(n))
	if err := weights.Read(w.view, name, raw); err != nil {
		return err
	}
	cols := shape[1]
	row, size := make([]float32, cols), int(d.Size(cols))
	for r := range shape[0] {
		if err := quant.Widen(row, d, raw[r*size:(r+1)*size]); err != nil {
			return fmt.Errorf("tensor %s: %w", name, err)
		}
		for c := range row {
			row[c] *= s.at(r, c)
		}
		if err := quant.Narrow(dst[2*r*cols:2*(r+1)*cols], tensor.BF16, row); err != nil {
			return fmt.Errorf("tensor %s: %w", name, err)
		}
	}
	return nil
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
