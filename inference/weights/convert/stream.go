package convert

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"sync"

	"kinora/inference"
	"kinora/inference/tensor"
	"kinora/inference/weights/mapped"
	"kinora/inference/weights/quant"
)

const (
	chunk      = 1 << 20 // elements turned at a time, by each worker
	chunkBytes = 4 << 20
)

// stream writes the elements of one tensor and adds up how far they moved.
func (p *Plan) stream(ctx context.Context, it *item, w io.Writer, wrote func(int)) error {
	switch {
	case it.of != nil:
		if err := p.measure(ctx, it.of); err != nil {
			return err
		}
		wrote(4)
		_, err := w.Write(tensor.Bytes([]float32{it.value}))
		return err
	case it.source == "":
		b := make([]byte, it.dtype.Size(it.shape.Len()))
		wrote(len(b))
		_, err := w.Write(b)
		return err
	}
	b, err := p.from.Bytes(it.source)
	if err != nil {
		return err
	}
	if it.dtype == it.stored {
		return plain(ctx, b, w, wrote)
	}
	by := float32(1)
	if it.scale != nil {
		if err := p.measure(ctx, it); err != nil {
			return err
		}
		by = it.scale.value
	}
	n := it.shape.Len()
	workers := runtime.GOMAXPROCS(0)
	for at := 0; at < n; at += chunk * workers {
		if err := ctx.Err(); err != nil {
			return err
		}
		parts := make([]part, (min(n-at, chunk*workers)+chunk-1)/chunk)
		var all sync.WaitGroup
		for i := range parts {
			from := at + i*chunk
			to := min(n, from+chunk)
			all.Go(func() { parts[i] = turn(it, b[it.stored.Size(from):it.stored.Size(to)], to-from, by) })
		}
		all.Wait()
		for _, q := range parts {
			if q.fault != nil {
				return q.fault
			}
			it.err, it.size2 = it.err+q.err, it.size2+q.size2
			if _, err := w.Write(q.b); err != nil {
				return err
			}
			wrote(len(q.b))
		}
	}
	return nil
}

// A part is a chunk in its new type.
type part struct {
	b          []byte
	err, size2 float64 // sums of squares: of the differences, of the numbers
	fault      error
}

// A fault is of a kind, and says only its own words: its place comes before them.
type fault struct {
	kind error
	text string
}

func (f *fault) Error() string { return f.text }
func (f *fault) Unwrap() error { return f.kind }

func turn(it *item, b []byte, n int, by float32) (q part) {
	x, y := make([]float32, n), make([]float32, n)
	q.fault = mapped.Guard(func() error { return quant.Widen(x, it.stored, b) })
	if q.fault != nil {
		return q
	}
	for i, v := range x {
		if v-v != 0 {
			q.fault = &fault{inference.ErrNoModel, "it has numbers that are not finite; the checkpoint is damaged"}
			return q
		}
		x[i] = v / by
	}
	q.b = make([]byte, it.dtype.Size(n))
	if q.fault = quant.Narrow(q.b, it.dtype, x); q.fault != nil {
		return q
	}
	if q.fault = quant.Widen(y, it.dtype, q.b); q.fault != nil {
		return q
	}
	for i := range x {
		if y[i]-y[i] != 0 {
			q.fault = &fault{inference.ErrInvalid, fmt.Sprintf("%g is too large for %v; choose bf16", x[i], it.dtype)}
			return q
		}
		q.err += float64(x[i]-y[i]) * float64(x[i]-y[i])
		q.size2 += float64(x[i]) * float64(x[i])
	}
	return q
}

// plain copies what stays as it is.
func plain(ctx context.Context, b []byte, w io.Writer, wrote func(int)) error {
	for len(b) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(len(b), chunkBytes)
		err := mapped.Guard(func() error {
			_, err := w.Write(b[:n])
			return err
		})
		if err != nil {
			return err
		}
		wrote(n)
		b = b[n:]
	}
	return nil
}

// measure finds the scale of a tensor: its largest number becomes the largest that
// the 8-bit type has.
func (p *Plan) measure(ctx context.Context, it *item) error {
	if it.scale.value != 0 {
		return nil
	}
	b, err := p.from.Bytes(it.source)
	if err != nil {
		return err
	}
	n, top := it.shape.Len(), float32(0)
	x := make([]float32, min(n, chunk))
	for at := 0; at < n; at += chunk {
		if err := ctx.Err(); err != nil {
			return err
		}
		x := x[:min(chunk, n-at)]
		err := mapped.Guard(func() error { return quant.Widen(x, it.stored, b[it.stored.Size(at):it.stored.Size(at+len(x))]) })
		if err != nil {
			return err
		}
		for _, v := range x {
			top = max(top, float32(math.Abs(float64(v))))
		}
	}
	it.scale.value = top / 448
	if it.scale.value == 0 {
		it.scale.value = 1
	}
	return nil
}

func (it *item) moved() float64 {
	if it.size2 == 0 {
		return 0
	}
	return math.Sqrt(it.err / it.size2)
}
