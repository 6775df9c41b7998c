package weights

import (
	"errors"
	"maps"
	"runtime"
	"sync"

	"kinora/inference/tensor"
	"kinora/inference/weights/mapped"
	"kinora/inference/weights/quant"
)

// rounded shows tensors of float32 as other types.
type rounded struct {
	Source
	as map[string]tensor.DType
}

// Rounded shows the tensors of s that are float32, and to which `to` gives another type, as
// that type, and returns how many numbers they have together. Their bytes are made each
// time they are asked for.
func Rounded(s Source, to func(name string, shape tensor.Shape) (tensor.DType, bool)) (r Source, numbers int64) {
	as := map[string]tensor.DType{}
	for _, name := range s.Names() {
		d, shape, _ := s.Info(name)
		if d != tensor.F32 {
			continue
		}
		if t, ok := to(name, shape); ok {
			as[name] = t
			numbers += int64(shape.Len())
		}
	}
	if len(as) == 0 {
		return s, 0
	}
	return &rounded{s, as}, numbers
}

// Info implements Source.
func (r *rounded) Info(name string) (tensor.DType, tensor.Shape, bool) {
	d, shape, ok := r.Source.Info(name)
	if t, rounds := r.as[name]; rounds {
		d = t
	}
	return d, shape, ok
}

// Bytes implements Source.
func (r *rounded) Bytes(name string) ([]byte, error) {
	b, err := r.Source.Bytes(name)
	t, rounds := r.as[name]
	if err != nil || !rounds {
		return b, err
	}
	x := tensor.View[float32](b)
	out := make([]byte, t.Size(len(x)))
	return out, round(out, t, x)
}

// round narrows with all cores: a checkpoint has thousands of millions of numbers.
func round(out []byte, t tensor.DType, x []float32) error {
	per := max(1<<16, (len(x)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	errs := make([]error, (len(x)+per-1)/per)
	for i := range errs {
		from, to := i*per, min((i+1)*per, len(x))
		wait.Go(func() {
			errs[i] = mapped.Guard(func() error { return quant.Narrow(out[t.Size(from):t.Size(to)], t, x[from:to]) })
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// Made implements Maker.
func (r *rounded) Made(name string) bool {
	_, rounds := r.as[name]
	return rounds || Made(r.Source, name)
}

// Read implements Reader.
func (r *rounded) Read(name string, dst []byte) error {
	if _, rounds := r.as[name]; !rounds {
		return Read(r.Source, name, dst)
	}
	b, err := r.Bytes(name)
	copy(dst, b)
	return err
}

// Metadata implements Noted.
func (r *rounded) Metadata() map[string]string { return maps.Clone(Metadata(r.Source)) }

// Value implements Keyed.
func (r *rounded) Value(key string) (any, error) { return Value(r.Source, key) }
