package cuda

import (
	"fmt"

	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/quant"
)

// A form is how a kernel wants a weight: its type, and its numbers in rows. Where
// taps is over 1, a row of the checkpoint is [width, taps] and the kernel wants
// [taps, width]; each width is padded with zeros to padded.
type form struct {
	dtype         tensor.DType
	width, padded int // numbers
	taps          int
}

// An operand is a weight, or the part of it that a view shows, in a form.
type operand struct {
	name   string
	skip   int // elements in front of the view
	shape  tensor.Shape
	stored tensor.DType
	form   form
}

func (o operand) key() string { return fmt.Sprint(o.name, "+", o.skip, o.shape.Len(), o.form) }

func (o operand) rows() int { return o.shape.Len() / (o.form.width * o.form.taps) }

func (o operand) size() int64 {
	return o.form.dtype.Size(o.rows() * o.form.taps * o.form.padded)
}

// asStored reports whether the checkpoint's bytes are what is wanted.
func (o operand) asStored() bool {
	return o.form.dtype == o.stored && o.form.width == o.form.padded && (o.form.taps == 1 || o.form.width == 1)
}

// bytes fetches the weight and brings it into form.
func (o operand) bytes(src weights.Source) ([]byte, error) {
	all, err := src.Bytes(o.name)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", o.name, err)
	}
	n := o.shape.Len()
	off, size := o.stored.Size(o.skip), o.stored.Size(n)
	if int64(len(all)) < off+size {
		return nil, fmt.Errorf("load %s: %d bytes, want %d", o.name, len(all), off+size)
	}
	in := all[off : off+size]
	if o.asStored() {
		return in, nil
	}
	wide := make([]float32, n)
	if err := quant.Widen(wide, o.stored, in); err != nil {
		return nil, fmt.Errorf("load %s: %w", o.name, err)
	}
	f := o.form
	if f.taps > 1 || f.width != f.padded {
		out := make([]float32, o.rows()*f.taps*f.padded)
		for r := range o.rows() {
			for t := range f.taps {
				to := out[(r*f.taps+t)*f.padded:]
				for c := range f.width {
					to[c] = wide[(r*f.width+c)*f.taps+t]
				}
			}
		}
		wide = out
	}
	if f.dtype == tensor.F32 {
		return tensor.Bytes(wide), nil
	}
	out := make([]byte, f.dtype.Size(len(wide)))
	if err := quant.Narrow(out, f.dtype, wide); err != nil {
		return nil, fmt.Errorf("load %s: %w", o.name, err)
	}
	return out, nil
}

// root follows views to the node they show, and counts the elements skipped.
func root(n *graph.Node) (r *graph.Node, skip int) {
	for n.Op == graph.View {
		skip += n.Attr.(graph.ViewAttr).Off
		n = n.In[0]
	}
	return n, skip
}
