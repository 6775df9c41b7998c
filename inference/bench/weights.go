package bench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"kinora/inference/tensor"
	"kinora/inference/weights/quant"
)

// random is a checkpoint of random bf16 numbers of size 1/√fan-in. A name it does
// not list has its shape written in it, and is made when it is asked for.
type random struct {
	shapes map[string]tensor.Shape
	pool   []float32
	made   map[shade][]byte
}

// A shade is a type and size of random numbers.
type shade struct {
	dtype tensor.DType
	size  float64
}

func newRandom() *random {
	r := rand.New(rand.NewPCG(7, 8))
	s := &random{shapes: map[string]tensor.Shape{}, pool: make([]float32, 1<<20+7), made: map[shade][]byte{}}
	for i := range s.pool {
		s.pool[i] = float32(r.NormFloat64())
	}
	return s
}

func (r *random) Names() []string {
	var names []string
	for n := range r.shapes {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func (r *random) Info(name string) (tensor.DType, tensor.Shape, bool) {
	s, ok := r.shapes[name]
	if !ok {
		s, ok = written(name)
	}
	return tensor.BF16, s, ok
}

// written reads product.N.K, conv.O.C and gain.N.
func written(name string) (tensor.Shape, bool) {
	var a, b int
	if n, _ := fmt.Sscanf(name, "product.%d.%d", &a, &b); n == 2 {
		return tensor.Shape{a, b}, true
	}
	if n, _ := fmt.Sscanf(name, "conv.%d.%d", &a, &b); n == 2 {
		return tensor.Shape{a, b, 3, 3, 3}, true
	}
	if n, _ := fmt.Sscanf(name, "gain.%d", &a); n == 1 {
		return tensor.Shape{a}, true
	}
	return nil, false
}

func (r *random) Bytes(name string) ([]byte, error) {
	_, s, ok := r.Info(name)
	if !ok {
		return nil, fmt.Errorf("tensor %s: not in checkpoint", name)
	}
	size := 0.02
	if len(s) > 1 && !strings.HasSuffix(name, "modulation") {
		size = 1 / math.Sqrt(float64(s[1:].Len()))
	}
	if strings.Contains(name, "gain") || strings.HasSuffix(name, "gamma") || strings.Contains(name, "norm") {
		return ones(s.Len()), nil
	}
	return r.normal(tensor.BF16, s.Len(), size), nil
}

func (r *random) Close() error { return nil }

// normal returns n numbers of about the given size: the pool over and over, which
// has a length that nothing divides. What is returned is shared: it is only read.
func (r *random) normal(d tensor.DType, n int, size float64) []byte {
	k := shade{d, size}
	if have := r.made[k]; int64(len(have)) >= d.Size(n) {
		return have[:d.Size(n)]
	}
	v := make([]float32, len(r.pool))
	for i, x := range r.pool {
		v[i] = float32(size) * x
	}
	once := make([]byte, d.Size(len(v)))
	if d == tensor.F32 {
		copy(once, tensor.Bytes(v))
	} else if err := quant.Narrow(once, d, v); err != nil {
		return make([]byte, d.Size(n))
	}
	out := make([]byte, d.Size(n))
	for at := 0; at < len(out); at += copy(out[at:], once) {
	}
	r.made[k] = out
	return out
}

func ones(n int) []byte {
	b := make([]byte, 2*n)
	for i := range n {
		b[2*i], b[2*i+1] = 0x80, 0x3f
	}
	return b
}
