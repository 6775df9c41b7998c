package convert

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kinora/inference"
	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/dialect"
	"kinora/inference/weights/quant"
)

// denoiser is a small checkpoint with every kind of tensor that a denoiser has.
func denoiser() weights.Map {
	r := rand.New(rand.NewPCG(3, 4))
	m := weights.Map{}
	put := func(name string, d tensor.DType, shape ...int) {
		x := make([]float32, tensor.Shape(shape).Len())
		for i := range x {
			x[i] = float32(r.NormFloat64()) * 0.05
		}
		b := make([]byte, d.Size(len(x)))
		if err := quant.Narrow(b, d, x); err != nil {
			panic(err)
		}
		m[name] = weights.Entry{DType: d, Shape: shape, Data: b}
	}
	put("patch_embedding.weight", tensor.BF16, 256, 4, 1, 2, 2)
	put("head.modulation", tensor.F32, 1, 2, 256)
	put("text_embedding.0.weight", tensor.BF16, 256, 64)
	for _, b := range []string{"blocks.0.", "blocks.1."} {
		put(b+"self_attn.q.weight", tensor.BF16, 256, 256)
		put(b+"self_attn.q.bias", tensor.BF16, 256)
		put(b+"self_attn.norm_q.weight", tensor.BF16, 256)
		put(b+"ffn.0.weight", tensor.BF16, 512, 256)
		put(b+"ffn.2.weight", tensor.BF16, 256, 512)
		put(b+"modulation", tensor.F32, 1, 6, 256)
	}
	return m
}

func values(t *testing.T, s weights.Source, name string) []float32 {
	t.Helper()
	d, shape, ok := s.Info(name)
	if !ok {
		t.Fatalf("%s is not there", name)
	}
	b, err := s.Bytes(name)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, shape.Len())
	if err := quant.Widen(x, d, b); err != nil {
		t.Fatal(err)
	}
	return x
}

func moved(a, b []float32) float64 {
	var e, of float64
	for i := range a {
		e += math.Pow(float64(a[i]-b[i]), 2)
		of += math.Pow(float64(a[i]), 2)
	}
	return math.Sqrt(e / of)
}

func write(t *testing.T, s weights.Source, to tensor.DType, f Format) (*Plan, weights.Source) {
	t.Helper()
	p, err := New(s, to, f)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "out")
	var b bytes.Buffer
	last := int64(0)
	if err := p.Write(context.Background(), &b, func(done int64) { last = done }); err != nil {
		t.Fatal(err)
	}
	if last != p.Bytes {
		t.Errorf("progress ended at %d of %d bytes", last, p.Bytes)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { got.Close() })
	if err := p.Check(context.Background(), got, func(int64) {}); err != nil {
		t.Error(err)
	}
	return p, got
}

func TestEveryTypeComesBack(t *testing.T) {
	from := denoiser()
	limits := map[string]float64{"f32": 0, "bf16": 0.002, "f16": 5e-4, "fp8": 0.03, "q8_0": 0.009, "q6_k": 0.024, "q5_k": 0.042, "q4_k": 0.085, "q5_0": 0.06, "q4_0": 0.12}
	for _, c := range Types {
		for _, f := range c.In {
			t.Run(c.Name+" in "+string(f), func(t *testing.T) {
				p, got := write(t, from, c.Type, f)
				changed, of, _, share := p.Report()
				if share > limits[c.Name] || changed == 0 || of < len(from) {
					t.Errorf("%d of %d tensors changed, the worst by %.4f; at most %.4f", changed, of, share, limits[c.Name])
				}
				found, err := dialect.Identify(got)
				if err != nil || len(found) != 1 || found[0].Part != dialect.Denoiser {
					t.Fatalf("the new file is %v, %v", found, err)
				}
				s := found[0].Source
				for name, e := range from {
					d, shape, _ := got.Info(name)
					if !slices.Equal(shape, e.Shape) {
						t.Errorf("%s: shape %v, want %v", name, shape, e.Shape)
					}
					if len(e.Shape) == 1 && c.Type != tensor.F32 && c.Type != tensor.F16 && c.Type != tensor.BF16 && d != e.DType {
						t.Errorf("%s became %v", name, d)
					}
					// Widened scales pass through bf16.
					if m := moved(values(t, from, name), values(t, s, name)); m > limits[c.Name]+0.004 {
						t.Errorf("%s moved by %.4f", name, m)
					}
				}
			})
		}
	}
}

// What was stored with scales is converted by what it means.
func TestFromScaled(t *testing.T) {
	from := denoiser()
	_, scaled := write(t, from, tensor.F8E4M3, Safetensors)
	_, got := write(t, scaled, tensor.Q8_0, GGUF)
	for _, n := range got.Names() {
		if scaling(n) {
			t.Errorf("%s came along", n)
		}
	}
	name := "blocks.1.ffn.2.weight"
	if m := moved(values(t, from, name), values(t, got, name)); m > 0.035 {
		t.Errorf("%s moved by %.4f", name, m)
	}
}

// TestFromNotes: so is what the notes of a file describe, and the notes stay behind.
func TestFromNotes(t *testing.T) {
	from := denoiser()
	name := "blocks.1.ffn.2.weight"
	shape := from[name].Shape
	codes := make([]byte, shape.Len()/2)
	for i := range codes {
		codes[i] = byte(i * 7)
	}
	scales := make([]byte, shape[0]*shape[1]/16)
	for i := range scales {
		scales[i] = 0x38 // 1
	}
	rows := make([]float32, shape[0])
	for i := range rows {
		rows[i] = 0.01
	}
	from[name] = weights.Entry{DType: tensor.I8, Shape: tensor.Shape{shape[0], shape[1] / 2}, Data: codes}
	from["blocks.1.ffn.2.weight_s_rel"] = weights.Entry{DType: tensor.F8E4M3, Shape: tensor.Shape{shape[0], shape[1] / 16}, Data: scales}
	from["blocks.1.ffn.2.weight_s_channel"] = weights.Entry{DType: tensor.F32, Shape: tensor.Shape{shape[0]}, Data: tensor.Bytes(rows)}
	noted := withNotes{from, map[string]string{"a": "b", "_quantization_metadata": `{"layers":{"blocks.1.ffn.2":{"format":"asym_w4a8_int8"}}}`}}
	found, err := dialect.Identify(noted)
	if err != nil {
		t.Fatal(err)
	}
	_, got := write(t, noted, tensor.BF16, Safetensors)
	if m := weights.Metadata(got); m["a"] != "b" || m["_quantization_metadata"] != "" {
		t.Errorf("notes %v", m)
	}
	if n := len(got.Names()); n != len(from)-2 {
		t.Errorf("%d tensors, want %d", n, len(from)-2)
	}
	if m := moved(values(t, found[0].Source, name), values(t, got, name)); m != 0 {
		t.Errorf("%s moved by %.4f", name, m)
	}
}

type withNotes struct {
	weights.Map
	notes map[string]string
}

func (w withNotes) Metadata() map[string]string { return w.notes }

func TestRefusals(t *testing.T) {
	nan := denoiser()
	e := nan["blocks.0.ffn.0.weight"]
	e.Data = bytes.Clone(e.Data)
	e.Data[0], e.Data[1] = 0xc0, 0x7f
	nan["blocks.0.ffn.0.weight"] = e
	huge := denoiser()
	e = huge["blocks.0.ffn.0.weight"]
	e.Data = bytes.Clone(e.Data)
	e.Data[0], e.Data[1] = 0x00, 0x7f // 1.7e38
	huge["blocks.0.ffn.0.weight"] = e
	for _, c := range []struct {
		name string
		from weights.Map
		to   tensor.DType
		want string
	}{
		{"nothing known", weights.Map{"x": {DType: tensor.F32, Shape: tensor.Shape{1}, Data: make([]byte, 4)}}, tensor.Q8_0, "no part of a model"},
		{"nothing to change", weights.Map{"head.modulation": {DType: tensor.F32, Shape: tensor.Shape{1, 2, 4}, Data: make([]byte, 32)}}, tensor.Q8_0, "no weights that q8_0 is for"},
		{"no numbers", nan, tensor.Q4K, "not finite"},
		{"too large", huge, tensor.F16, "too large for f16"},
	} {
		p, err := New(c.from, c.to, GGUF)
		if err == nil {
			err = p.Write(context.Background(), io.Discard, func(int64) {})
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want …%s…", c.name, err, c.want)
		}
	}
}

func TestCancel(t *testing.T) {
	p, err := New(denoiser(), tensor.Q8_0, GGUF)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	err = p.Write(ctx, io.Discard, func(int64) { stop() })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A byte that the disk turned over is seen.
func TestCheckSees(t *testing.T) {
	p, err := New(denoiser(), tensor.Q8_0, GGUF)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := p.Write(context.Background(), &b, func(int64) {}); err != nil {
		t.Fatal(err)
	}
	raw := b.Bytes()
	raw[len(raw)-100] ^= 4
	path := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	if err := p.Check(context.Background(), got, func(int64) {}); err == nil || !strings.Contains(err.Error(), "reads back other") {
		t.Error(err)
	}
}

// noted is a checkpoint with notes.
type noted struct{ weights.Map }

func (noted) Metadata() map[string]string {
	return map[string]string{"config": `{"num_heads": 4}`, "format": "pt"}
}

// What a model says beside its tensors comes along, there and back.
func TestConfigComesAlong(t *testing.T) {
	_, there := write(t, noted{denoiser()}, tensor.Q8_0, GGUF)
	_, back := write(t, there, tensor.BF16, Safetensors)
	_, again := write(t, there, tensor.Q4_0, GGUF)
	for _, s := range []weights.Source{there, back, again} {
		if got := weights.Metadata(s)["config"]; got != `{"num_heads": 4}` {
			t.Errorf("config %q", got)
		}
	}
}

// Errors say whose fault it is, and where.
func TestFaults(t *testing.T) {
	for bits, kind := range map[uint16]error{0x7fc0: inference.ErrNoModel, 0x7f00: inference.ErrInvalid} {
		m := denoiser()
		e := m["blocks.0.ffn.0.weight"]
		e.Data = bytes.Clone(e.Data)
		e.Data[0], e.Data[1] = byte(bits), byte(bits>>8)
		m["blocks.0.ffn.0.weight"] = e
		p, err := New(m, tensor.F16, Safetensors)
		if err == nil {
			err = p.Write(context.Background(), io.Discard, func(int64) {})
		}
		if !errors.Is(err, kind) || !strings.HasPrefix(err.Error(), "tensor blocks.0.ffn.0.weight: ") {
			t.Errorf("%#x: %v", bits, err)
		}
	}
}
