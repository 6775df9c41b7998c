package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"kinora/inference/device"
	"kinora/inference/device/devicetest"
	"kinora/inference/graph"
	"kinora/inference/plan"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/quant"
)

// Large checks hold kernels to exact results at the published model's sizes, where
// the tiles that only large shapes get are taken and indices are at their largest.
// All of the result must be there; some of it, corners and ends included, is
// worked out in float64.
type large struct {
	name    string
	shape   tensor.Shape
	in      map[string][]float32
	weights weights.Map
	draw    func(s *graph.Scope) *graph.Node
	// at is what belongs at an index, and the error that sums may make.
	at func(i int) (want, tol float64)
}

const eps = 1.0 / (1 << 24)

// pattern is n reproducible numbers of about the given size.
func pattern(n int, seed uint64, size float64) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	pool := make([]float32, min(n, 1<<20+7))
	for i := range pool {
		pool[i] = float32(size * r.NormFloat64())
	}
	v := make([]float32, n)
	for at := 0; at < n; at += copy(v[at:], pool) {
	}
	return v
}

func entry(v []float32, d tensor.DType, shape ...int) (weights.Entry, []float32) {
	b := make([]byte, d.Size(len(v)))
	if d == tensor.F32 {
		copy(b, tensor.Bytes(v))
	} else if err := quant.Narrow(b, d, v); err != nil {
		panic(err)
	}
	wide := make([]float32, len(v))
	if err := quant.Widen(wide, d, b); err != nil {
		panic(err)
	}
	return weights.Entry{DType: d, Shape: shape, Data: b}, wide
}

// rounded is a number as a product in that type reads it.
func rounded(v float32, d tensor.DType) float64 {
	if d == tensor.F32 {
		return float64(v)
	}
	return devicetest.Rounded(float64(v), d)
}

func gelu(x float64) float64 {
	return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
}

// largeProduct is x·wᵀ with a bias, and then an activation or a gated residual.
func largeProduct(name string, m, n, k int, d tensor.DType, act graph.ActKind, gate bool) large {
	x, bias := pattern(m*k, 1, 1), pattern(n, 3, 1)
	e, w := entry(pattern(n*k, 2, 1/math.Sqrt(float64(k))), d, n, k)
	if per, size := d.Block(); per > 1 || size == 1 { // widened to bf16, before the product or in it
		d = tensor.BF16
		for i := range w {
			w[i] = float32(rounded(w[i], d))
		}
	}
	be, _ := entry(bias, tensor.F32, n)
	var h, table []float32
	l := large{name: name, shape: tensor.Shape{m, n}, in: map[string][]float32{"x": x}, weights: weights.Map{"w": e, "bias": be}}
	if gate {
		h, table = pattern(m*n, 4, 1), pattern(6*n, 5, 1)
		l.in["h"], l.in["table"] = h, table
	}
	l.draw = func(s *graph.Scope) *graph.Node {
		y := s.Input("x", tensor.F32, m, k).Linear(s.Weight("w", n, k), s.Weight("bias", n), act)
		if gate {
			y = s.Input("h", tensor.F32, m, n).Gate(y, s.Input("table", tensor.F32, 1, 6, n), 2)
		}
		return y
	}
	l.at = func(i int) (want, tol float64) {
		r, c := i/n, i%n
		mag := math.Abs(float64(bias[c]))
		want = float64(bias[c])
		for j := range k {
			p := rounded(x[r*k+j], d) * float64(w[c*k+j])
			want += p
			mag += math.Abs(p)
		}
		tol = 2 * eps * (8 + math.Sqrt(float64(k))) * mag
		if act == graph.GELU {
			want = gelu(want)
			tol = 1.2*tol + 4e-6*math.Abs(want)
		}
		if gate {
			g := float64(table[2*n+c])
			want, tol = float64(h[r*n+c])+g*want, tol*math.Abs(g)+4*eps*(math.Abs(float64(h[r*n+c]))+math.Abs(g*want))
		}
		return want, tol
	}
	return l
}

// largeAttention is of so many queries and keys, in 16 bits.
func largeAttention(name string, rows, keys, heads, d int) large {
	width := heads * d
	x, k, v := pattern(rows*8, 1, 1), pattern(keys*width, 2, 1), pattern(keys*width, 3, 1)
	e, w := entry(pattern(width*8, 4, 1), tensor.BF16, width, 8)
	_, kr := entry(k, tensor.BF16)
	_, vr := entry(v, tensor.BF16)
	l := large{name: name, shape: tensor.Shape{rows, width}, in: map[string][]float32{"x": x, "k": k, "v": v}, weights: weights.Map{"w": e}}
	l.draw = func(s *graph.Scope) *graph.Node { // a product in front makes the program one of 16 bits
		return s.Input("x", tensor.F32, rows, 8).Linear(s.Weight("w", width, 8), nil, graph.NoAct).
			Attend(s.Input("k", tensor.F32, keys, width), s.Input("v", tensor.F32, keys, width), nil,
				graph.AttentionAttr{Heads: heads, Scale: float32(1 / math.Sqrt(float64(d))), Window: -1})
	}
	l.at = func(i int) (want, tol float64) {
		r, c := i/width, i%width
		head := c / d * d
		q := make([]float64, d)
		for j := range q {
			for t := range 8 {
				q[j] += rounded(x[r*8+t], tensor.BF16) * float64(w[(head+j)*8+t])
			}
			q[j] = devicetest.Rounded(q[j], tensor.BF16)
		}
		logit, top := make([]float64, keys), math.Inf(-1)
		for b := range keys {
			for j := range d {
				logit[b] += q[j] * float64(kr[b*width+head+j])
			}
			logit[b] /= math.Sqrt(float64(d))
			top = max(top, logit[b])
		}
		var all, squares float64
		for b := range keys {
			p := math.Exp(logit[b] - top)
			pv := p * float64(vr[b*width+c])
			all += p
			want += pv
			squares += pv * pv
		}
		// each weight is rounded to 8 bits, by itself, and the sum of them is not;
		// where q lies between two bf16 numbers, it may have been rounded the other way
		return want / all, 6 * math.Sqrt(squares) / 512 / all * 2
	}
	return l
}

// largeConv is 4 frames behind 2 cached ones, 3×3×3.
func largeConv(name string, h, w, in, out int, d tensor.DType) large {
	x, cache := pattern(4*h*w*in, 1, 1), pattern(2*h*w*in, 2, 1)
	e, wide := entry(pattern(out*in*27, 3, 1/math.Sqrt(float64(27*in))), d, out, in, 3, 3, 3)
	l := large{name: name, shape: tensor.Shape{4, h, w, out}, in: map[string][]float32{"x": x, "cache": cache}, weights: weights.Map{"w": e}}
	l.draw = func(s *graph.Scope) *graph.Node {
		return s.Input("x", tensor.F32, 4, h, w, in).Conv3D(s.Weight("w", out, in, 3, 3, 3), nil, s.Input("cache", tensor.F32, 2, h, w, in),
			graph.Conv3DAttr{Cached: true, Pad: [4]int{1, 1, 1, 1}})
	}
	l.at = func(i int) (want, tol float64) {
		o, px, py, f := i%out, i/out%w, i/out/w%h, i/out/w/h
		var mag float64
		for t := range 3 {
			for y := range 3 {
				for z := range 3 {
					yy, xx := py+y-1, px+z-1
					if yy < 0 || xx < 0 || yy >= h || xx >= w {
						continue
					}
					from, frame := cache, f+t
					if frame >= 2 {
						from, frame = x, frame-2
					}
					for c := range in {
						p := rounded(from[((frame*h+yy)*w+xx)*in+c], d) * float64(wide[(((o*in+c)*3+t)*3+y)*3+z])
						want += p
						mag += math.Abs(p)
					}
				}
			}
		}
		return want, 2 * eps * (8 + math.Sqrt(float64(27*in))) * mag
	}
	return l
}

// larges are made one at a time: they are large.
func larges(small bool) map[string]func() large {
	if small {
		return map[string]func() large{
			"product bf16":     func() large { return largeProduct("300x260x72", 300, 260, 72, tensor.BF16, graph.NoAct, true) },
			"product f16":      func() large { return largeProduct("300x260x72", 300, 260, 72, tensor.F16, graph.GELU, false) },
			"product q8_0":     func() large { return largeProduct("33x70x96", 33, 70, 96, tensor.Q8_0, graph.GELU, false) },
			"product q4_k":     func() large { return largeProduct("70x131x512", 70, 131, 512, tensor.Q4K, graph.NoAct, true) },
			"attention":        func() large { return largeAttention("130x130", 130, 130, 2, 128) },
			"conv3d bf16":      func() large { return largeConv("6x7", 6, 7, 16, 24, tensor.BF16) },
			"feed-forward f32": func() large { return largeProduct("65x70x33", 65, 70, 33, tensor.F32, graph.GELU, false) },
		}
	}
	return map[string]func() large{
		"product bf16": func() large { return largeProduct("1500x3072x3072", 1500, 3072, 3072, tensor.BF16, graph.NoAct, true) },
		"product f16":  func() large { return largeProduct("3000x3072x3072", 3000, 3072, 3072, tensor.F16, graph.NoAct, true) },
		"product f8":   func() large { return largeProduct("20x18432x3072", 20, 18432, 3072, tensor.F8E4M3, graph.NoAct, true) },
		"product q8_0": func() large { return largeProduct("77x10240x4096", 77, 10240, 4096, tensor.Q8_0, graph.GELU, false) },
		"product q4_k": func() large { return largeProduct("200x3072x14336", 200, 3072, 14336, tensor.Q4K, graph.NoAct, true) },
		"product q6_k": func() large { return largeProduct("1500x3072x3072", 1500, 3072, 3072, tensor.Q6K, graph.NoAct, true) },
		"product f32":  func() large { return largeProduct("1500x3072x3072", 1500, 3072, 3072, tensor.F32, graph.NoAct, true) },
		"feed-forward bf16": func() large {
			return largeProduct("27280x14336x3072", 27280, 14336, 3072, tensor.BF16, graph.GELU, false)
		},
		"attention":       func() large { return largeAttention("27280 on 27280", 27280, 27280, 24, 128) },
		"attention, text": func() large { return largeAttention("1500 on 512", 1500, 512, 24, 128) },
		"conv3d bf16":     func() large { return largeConv("704x1280, 256 to 256", 352, 640, 256, 256, tensor.BF16) },
		"conv3d f16":      func() large { return largeConv("480x640, 512 to 256", 120, 160, 512, 256, tensor.F16) },
	}
}

// measure runs a large check.
func (l large) measure(ctx context.Context, d device.Device, samples int) (r devicetest.Report, err error) {
	src := l.weights
	prog, err := program(d, src, l.draw)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, prog.Close()) }()
	for name, v := range l.in {
		if err := prog.In(name).Write(tensor.Bytes(v)); err != nil {
			return r, err
		}
	}
	n := l.shape.Len()
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(math.NaN())
	}
	if err := prog.Out(0).Write(tensor.Bytes(out)); err != nil {
		return r, err
	}
	if err := prog.Run(ctx); err != nil {
		return r, err
	}
	if err := prog.Out(0).Read(tensor.Bytes(out)); err != nil {
		return r, err
	}
	r = devicetest.Report{Numbers: n, First: -1}
	for i, v := range out {
		if v-v != 0 {
			if r.Wrong++; r.First < 0 {
				r.First, r.At, r.Off, r.Got = i, i, math.NaN(), float64(v)
			}
		}
	}
	if r.Wrong > 0 {
		return r, nil
	}
	pick := rand.New(rand.NewPCG(9, 9))
	width := l.shape[len(l.shape)-1]
	for s := range samples {
		i := pick.IntN(n)
		if ends := []int{0, width - 1, n - width, n - 1, n / 2}; s < len(ends) {
			i = ends[s]
		}
		want, tol := l.at(i)
		e := math.Abs(float64(out[i])-want) / tol
		if !(e <= 1) {
			if r.Wrong++; r.First < 0 {
				r.First = i
			}
		}
		if s == 0 || !(e <= r.Off) {
			r.Off, r.At, r.Got, r.Want, r.Tolerance = e, i, float64(out[i]), want, tol
		}
	}
	return r, nil
}

// largeItems are the names of the large checks, after the precision.
func largeItems(small bool) (list []string) {
	for _, n := range []string{"product bf16", "product f16", "product f8", "product q8_0", "product q4_k", "product q6_k", "product f32", "feed-forward bf16", "feed-forward f32", "attention", "attention, text", "conv3d bf16", "conv3d f16"} {
		if larges(small)[n] != nil {
			list = append(list, "auto/large "+n)
		}
	}
	return list
}

func (v *verdict) large(d device.Device, name string, small bool) {
	l := larges(small)[strings.TrimPrefix(name, "large ")]()
	v.Case = fmt.Sprint(l.name, " sampled")
	v.Cases, v.Passes = 1, 1
	var err error
	if v.Worst, err = l.measure(context.Background(), d, 400); err != nil {
		v.Error, v.Failed = err.Error(), 1
	} else if !v.Worst.Good() {
		v.Failed = 1
	}
}

// program draws and loads with what the device asks for.
func program(d device.Device, src weights.Source, draw func(s *graph.Scope) *graph.Node) (device.Program, error) {
	g, err := graph.Build(src.Info, func(s *graph.Scope) []*graph.Node { return []*graph.Node{draw(s)} })
	if err != nil {
		return nil, err
	}
	p, err := plan.Compile(g, d.Options())
	if err != nil {
		return nil, err
	}
	return d.Load(p, src, nil)
}
