package weights

import (
	"fmt"
	"maps"

	"kinora/inference/tensor"
	"kinora/inference/weights/mapped"
)

// rows is a source of which one tensor shows only some of its rows.
type rows struct {
	Source
	name  string
	dtype tensor.DType
	shape tensor.Shape
	of    int // rows of the whole
	ids   []int32
}

// Rows shows a matrix of s as the rows that ids name, in their order, and returns
// their new numbers: 0, 1, 2 … A number out of range gives a row of zeros. Where
// rows begin inside blocks of numbers, s itself and ids are returned.
func Rows(s Source, name string, ids []int32) (Source, []int32, error) {
	d, shape, ok := s.Info(name)
	if !ok {
		return nil, nil, missing(name)
	}
	if len(shape) != 2 {
		return nil, nil, fmt.Errorf("tensor %s is %v, want a matrix", name, shape)
	}
	if elems, _ := d.Block(); shape[1]%elems != 0 {
		return s, ids, nil
	}
	places := make([]int32, len(ids))
	for i := range places {
		places[i] = int32(i)
	}
	return &rows{s, name, d, tensor.Shape{len(ids), shape[1]}, shape[0], ids}, places, nil
}

// Info implements Source.
func (r *rows) Info(name string) (tensor.DType, tensor.Shape, bool) {
	if name == r.name {
		return r.dtype, r.shape, true
	}
	return r.Source.Info(name)
}

// Bytes implements Source.
func (r *rows) Bytes(name string) ([]byte, error) {
	b, err := r.Source.Bytes(name)
	if err != nil || name != r.name {
		return b, err
	}
	size := int(r.dtype.Size(r.shape[1]))
	out := make([]byte, size*len(r.ids))
	return out, mapped.Guard(func() error {
		for i, id := range r.ids {
			if int(id) >= 0 && int(id) < r.of && (int(id)+1)*size <= len(b) {
				copy(out[i*size:], b[int(id)*size:(int(id)+1)*size])
			}
		}
		return nil
	})
}

// Made implements Maker.
func (r *rows) Made(name string) bool { return name == r.name || Made(r.Source, name) }

// Read implements Reader.
func (r *rows) Read(name string, dst []byte) error {
	if name != r.name {
		return Read(r.Source, name, dst)
	}
	b, err := r.Bytes(name)
	copy(dst, b)
	return err
}

// Metadata implements Noted.
func (r *rows) Metadata() map[string]string { return maps.Clone(Metadata(r.Source)) }
