package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"kinora/inference/device"
	"kinora/inference/device/cuda"
	"kinora/inference/families/wan"
	"kinora/inference/graph"
	"kinora/inference/model"
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

// full is the published TI2V-5B's architecture, or a tiny one like it.
func (b *bench) full() (*wan.Wan, *random, *random, error) {
	d, f, heads := b.dims()
	layers, freq, text, z := 30, 256, 4096, 48
	dec := []int{1024, 1024, 1024, 512, 256}
	if b.small {
		layers, freq, text, z, dec = 2, 16, 32, 8, []int{32, 32, 32, 16, 8}
	}
	dit, vae, t5 := newRandom(), newRandom(), newRandom()
	lin := func(name string, out, in int) {
		dit.shapes[name+".weight"], dit.shapes[name+".bias"] = tensor.Shape{out, in}, tensor.Shape{out}
	}
	dit.shapes["patch_embedding.weight"], dit.shapes["patch_embedding.bias"] = tensor.Shape{d, z, 1, 2, 2}, tensor.Shape{d}
	lin("text_embedding.0", d, text)
	lin("text_embedding.2", d, d)
	lin("time_embedding.0", d, freq)
	lin("time_embedding.2", d, d)
	lin("time_projection.1", 6*d, d)
	lin("head.head", 4*z, d)
	dit.shapes["head.modulation"] = tensor.Shape{1, 2, d}
	for i := range layers {
		p := fmt.Sprintf("blocks.%d.", i)
		for _, a := range []string{"self_attn.", "cross_attn."} {
			for _, n := range []string{"q", "k", "v", "o"} {
				lin(p+a+n, d, d)
			}
			dit.shapes[p+a+"norm_q.weight"], dit.shapes[p+a+"norm_k.weight"] = tensor.Shape{d}, tensor.Shape{d}
		}
		lin(p+"ffn.0", f, d)
		lin(p+"ffn.2", d, f)
		dit.shapes[p+"norm3.weight"], dit.shapes[p+"norm3.bias"] = tensor.Shape{d}, tensor.Shape{d}
		dit.shapes[p+"modulation"] = tensor.Shape{1, 6, d}
	}
	t5.shapes["token_embedding.weight"] = tensor.Shape{32, text}
	t5.shapes["blocks.0.pos_embedding.embedding.weight"] = tensor.Shape{32, 64}
	decoder(vae, z, dec)
	var cfg wan.Config
	cfg.Heads = heads
	if b.small {
		cfg.TextLen, cfg.Mean, cfg.Std = 16, make([]float32, z), slices.Repeat([]float32{1}, z)
	}
	m, err := wan.New(model.Checkpoint{Name: "random", Denoiser: dit, Text: t5, VAE: vae}, cfg)
	return m, dit, vae, err
}

// decoder lists the VAE's decoder with those widths, and as much of the encoder as
// tells the strides.
func decoder(vae *random, z int, dims []int) {
	conv := func(name string, shape ...int) {
		vae.shapes[name+".weight"], vae.shapes[name+".bias"] = shape, tensor.Shape{shape[0]}
	}
	gamma := func(name string, n int) { vae.shapes[name+".gamma"] = tensor.Shape{n, 1, 1, 1} }
	residual := func(p string, in, out int) {
		gamma(p+"residual.0", in)
		conv(p+"residual.2", out, in, 3, 3, 3)
		gamma(p+"residual.3", out)
		conv(p+"residual.6", out, out, 3, 3, 3)
		if in != out {
			conv(p+"shortcut", out, in, 1, 1, 1)
		}
	}
	conv("encoder.conv1", 8, 12, 3, 3, 3)
	conv("conv2", z, z, 1, 1, 1)
	conv("decoder.conv1", dims[0], z, 3, 3, 3)
	residual("decoder.middle.0.", dims[0], dims[0])
	vae.shapes["decoder.middle.1.norm.gamma"] = tensor.Shape{dims[0], 1, 1}
	conv("decoder.middle.1.to_qkv", 3*dims[0], dims[0], 1, 1)
	conv("decoder.middle.1.proj", dims[0], dims[0], 1, 1)
	residual("decoder.middle.2.", dims[0], dims[0])
	for i := range 4 {
		in, out := dims[i], dims[i+1]
		p := fmt.Sprintf("decoder.upsamples.%d.upsamples.", i)
		for j := range 3 {
			residual(fmt.Sprint(p, j, "."), in, out)
			in = out
		}
		if i < 3 {
			conv(p+"3.resample.1", out, out, 3, 3)
		}
		if i < 2 {
			conv(p+"3.time_conv", 2*out, out, 3, 1, 1)
		}
	}
	gamma("decoder.head.0", dims[4])
	conv("decoder.head.2", 12, dims[4], 3, 3, 3)
}

// source is where the operations' own weights come from.
func (b *bench) source() *random {
	if b.weights == nil {
		b.weights = newRandom()
	}
	return b.weights
}

// steps measures one pass of the denoiser; guidance takes two.
func (b *bench) steps() error {
	m, dit, _, err := b.full()
	if err != nil {
		return err
	}
	return b.each("denoiser, one pass", dit, func(c clip) func(s *graph.Scope) *graph.Node {
		return func(s *graph.Scope) *graph.Node {
			tr := m.Traits()
			cond := s.Input("condition", tensor.F32, tr.Layers*2*tr.TextLen, dit.shapes["head.modulation"][2])
			return m.Denoise(s, s.Input("x", tensor.F32, c.t, c.h, c.w, tr.Channels), s.Input("t", tensor.F32, 1), cond, 0)
		}
	})
}

// decodes measures a latent frame that is not the first; a clip has t−1 of them.
func (b *bench) decodes() error {
	m, _, vae, err := b.full()
	if err != nil {
		return err
	}
	return b.each("decoder, one latent frame", vae, func(c clip) func(s *graph.Scope) *graph.Node {
		return func(s *graph.Scope) *graph.Node {
			return m.Decode(s, s.Input("z", tensor.F32, 1, c.h, c.w, m.Traits().Channels), false)
		}
	})
}

// each measures a program at every clip's size. Weights stay from one to the next;
// states do not, since their size is the clip's.
func (b *bench) each(name string, src *random, draw func(c clip) func(s *graph.Scope) *graph.Node) error {
	var last device.Program
	for _, c := range b.clips() {
		start := time.Now()
		with := last
		if src.shapes["decoder.conv1.weight"] != nil {
			with = nil
		}
		p, flops, err := b.loaded(src, with, draw(c))
		if last != nil {
			if err := last.Close(); err != nil {
				return err
			}
		}
		if last = p; err != nil {
			return err
		}
		b.report(Line{Name: "loading: " + name, Clip: c.name, Seconds: time.Since(start).Seconds()})
		if err := b.whole(name, c, p, flops); err != nil {
			return err
		}
	}
	if last != nil {
		return last.Close()
	}
	return nil
}

func (b *bench) whole(name string, c clip, p device.Program, flops float64) error {
	each, err := b.dev.Time(p, max(3, b.runs/4), b.most)
	if err != nil {
		return err
	}
	held, err := b.dev.Held(p)
	if err != nil {
		return err
	}
	l := Line{Name: name, Clip: c.name, Seconds: each.Seconds(), Bytes: held}
	if flops > 0 {
		l.Rate, l.Unit, l.Share = flops/each.Seconds(), "FLOP/s", flops/each.Seconds()/b.ceilings.BF16
	}
	b.report(l)
	return b.profile(name, c, p, each)
}

// profile reports where a run's time goes, the largest parts first.
func (b *bench) profile(name string, c clip, p device.Program, whole time.Duration) error {
	parts, err := b.dev.Profile(p)
	if err != nil {
		return err
	}
	total := func(p cuda.Part) time.Duration { return time.Duration(p.Launches) * p.Each }
	slices.SortFunc(parts, func(x, y cuda.Part) int { return int(total(y) - total(x)) })
	var sum time.Duration
	for _, q := range parts {
		sum += total(q)
	}
	fmt.Printf("    one by one %.3f ms, together %.3f ms\n", 1000*sum.Seconds(), 1000*whole.Seconds())
	for i, q := range parts {
		if err := b.out.Encode(struct {
			Name, Clip string
			cuda.Part
			Total float64
		}{"part of " + name, c.name, q, total(q).Seconds()}); err != nil {
			return err
		}
		if i < 9 {
			fmt.Printf("    %5.1f %% %9.3f ms = %4d x %9.3f ms  %s %s\n", 100*total(q).Seconds()/sum.Seconds(), 1000*total(q).Seconds(),
				q.Launches, 1000*q.Each.Seconds(), q.Kernel, q.Numbers)
		}
	}
	return nil
}
