package dialect

import (
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/quant"
)

// shapes is a checkpoint without data.
type shapes map[string]tensor.Shape

func (s shapes) Names() []string { return slices.Sorted(maps.Keys(s)) }
func (s shapes) Info(n string) (tensor.DType, tensor.Shape, bool) {
	x, ok := s[n]
	return tensor.BF16, x, ok
}
func (s shapes) Bytes(string) ([]byte, error) { return nil, os.ErrInvalid }
func (s shapes) Close() error                 { return nil }

// table reads a list of tensors: official name, shape, and a column of names for
// each other dialect.
func table(t *testing.T, file string) (header []string, rows [][]string) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = '\t'
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all[0], all[1:]
}

func column(t *testing.T, rows [][]string, col int, prefix string) shapes {
	t.Helper()
	s := shapes{}
	for _, r := range rows {
		var shape tensor.Shape
		for _, d := range strings.Split(r[1], "x") {
			n, err := strconv.Atoi(d)
			if err != nil {
				t.Fatal(err)
			}
			shape = append(shape, n)
		}
		s[prefix+r[col]] = shape
	}
	return s
}

// Every tensor of the published model, under every name it is known by, must be
// found under its official one.
func TestPublishedNames(t *testing.T) {
	for _, c := range []struct {
		file  string
		part  Part
		model string
		count int
	}{
		{"tensors_dit.tsv", Denoiser, "Wan2.2 TI2V 5B", 825},
		{"tensors_umt5.tsv", Text, "UMT5-XXL encoder", 242},
		{"tensors_vae.tsv", VAE, "Wan2.2 VAE", 196},
	} {
		header, rows := table(t, c.file)
		want := column(t, rows, 0, "")
		if len(want) != c.count {
			t.Fatalf("%s: %d tensors, want %d", c.file, len(want), c.count)
		}
		for col, dialect := range header {
			if col == 1 {
				continue // shapes
			}
			for _, prefix := range []string{"", "model.diffusion_model.", "text_encoders.umt5xxl.transformer.", "x.y."} {
				found, err := Identify(column(t, rows, col, prefix))
				if err != nil || len(found) != 1 {
					t.Errorf("%s %s: %d found (%v)", c.part, dialect, len(found), err)
					continue
				}
				f := found[0]
				if f.Part != c.part || f.Model != c.model || f.Prefix != prefix || f.Stored != "bf16" || f.Bytes == 0 {
					t.Errorf("%s %s: %+v", c.part, dialect, f)
				}
				for _, s := range []weights.Source{f.Source, f.AsStored} {
					if !slices.Equal(s.Names(), want.Names()) {
						t.Fatalf("%s %s: names differ: %v", c.part, dialect, difference(s.Names(), want.Names()))
					}
					for n, shape := range want {
						if _, got, ok := s.Info(n); !ok || !got.Equal(shape) {
							t.Errorf("%s %s: %s is %v, want %v", c.part, dialect, n, got, shape)
						}
					}
				}
			}
		}
	}
}

func difference(a, b []string) (d []string) {
	for _, n := range a {
		if !slices.Contains(b, n) {
			d = append(d, n)
		}
	}
	return d
}

// A file of everything, as some are passed on, holds all three parts.
func TestAllInOneFile(t *testing.T) {
	all := shapes{"unrelated.weight": {1}}
	for file, prefix := range map[string]string{
		"tensors_dit.tsv": "model.diffusion_model.", "tensors_umt5.tsv": "text_encoders.umt5xxl.transformer.", "tensors_vae.tsv": "vae.",
	} {
		_, rows := table(t, file)
		maps.Copy(all, column(t, rows, 0, prefix))
	}
	found, err := Identify(all)
	if err != nil || len(found) != 3 {
		t.Fatalf("%d found (%v)", len(found), err)
	}
	for i, want := range []string{"denoiser official Wan2.2 TI2V 5B 825", "text encoder official UMT5-XXL encoder 242", "VAE official Wan2.2 VAE 196"} {
		f := found[i]
		if got := fmt.Sprint(f.Part, " ", f.Dialect, " ", f.Model, " ", len(f.Source.Names())); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestOtherFilesHoldNothing(t *testing.T) {
	for _, s := range []shapes{{}, {"lora.blocks.0.attn.q.lora_A.weight": {4, 8}}, {"model.layers.0.self_attn.q_proj.weight": {8, 8}}, {"xhead.modulation": {1}}} {
		if found, err := Identify(s); err != nil || len(found) != 0 {
			t.Errorf("%v: %v (%v)", s, found, err)
		}
	}
}

// f32 is a tensor that counts up from a number.
func f32(from float32, shape ...int) weights.Entry {
	v := make([]float32, tensor.Shape(shape).Len())
	for i := range v {
		v[i] = from + float32(i)
	}
	return weights.Entry{DType: tensor.F32, Shape: shape, Data: tensor.Bytes(v)}
}

func read(t *testing.T, s weights.Source, name string) []float32 {
	t.Helper()
	d, shape, ok := s.Info(name)
	b, err := s.Bytes(name)
	if !ok || err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	v := make([]float32, shape.Len())
	if err := quant.Widen(v, d, b); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	again := make([]byte, len(b))
	if err := weights.Read(s, name, again); err != nil || string(again) != string(b) {
		t.Errorf("%s: Read differs (%v)", name, err)
	}
	return v
}

func identify(t *testing.T, s weights.Source) Found {
	t.Helper()
	found, err := Identify(s)
	if err != nil || len(found) != 1 {
		t.Fatalf("%d found (%v)", len(found), err)
	}
	return found[0]
}

// TestStored: a part is called by what most numbers of its blocks' matrices are, also
// where all else takes more bytes.
func TestStored(t *testing.T) {
	q4 := func(rows int) weights.Entry { return stored(tensor.Q4K, 0, rows, 256) }
	for _, c := range []struct {
		m     weights.Map
		want  string
		bytes int64
		bits  float64
		held  int64
	}{
		{weights.Map{"head.modulation": f32(0, 1, 2, 4)}, "f32", 32, 0, 32},
		{weights.Map{"head.modulation": f32(0, 1, 2, 4), "head.head.weight": f32(0, 64, 64)}, "f32", 32 + 4*4096, 32, 32 + 4*4096},
		{weights.Map{"head.modulation": f32(0, 1, 2, 4), "text_embedding.0.weight": f32(0, 64, 64), "blocks.0.ffn.0.weight": q4(3), "blocks.0.ffn.2.weight": f32(0, 2, 256),
			"blocks.0.ffn.0.bias": f32(0, 2000)}, "q4_k", 32 + 4*4096 + 3*144 + 4*512 + 4*2000, 8 * (4*4096 + 3*144 + 4*512) / (4096 + 5*256.), 32 + 4*4096 + 3*144 + 4*512 + 4*2000},
		{weights.Map{"head.modulation": f32(0, 1, 2, 4), "blocks.0.ffn.0.weight": eight(tensor.F8E4M3, 4, 8), "blocks.0.ffn.0.scale_weight": f32(1, 1)}, "f8_e4m3 scaled", 32 + 32 + 4, 8, 32 + 32 + 4},
		{weights.Map{"head.modulation": f32(0, 1, 2, 4), "blocks.0.ffn.0.weight": eight(tensor.I8, 4, 8), "blocks.0.ffn.0.scale_weight": f32(1, 1)}, "i8 scaled", 32 + 32 + 4, 8, 32 + 64},
	} {
		f := identify(t, c.m)
		if f.Stored != c.want || f.Bytes != c.bytes || f.Bits != c.bits || f.Held != c.held {
			t.Errorf("%s, %d bytes, %g bits, %d held; want %s, %d, %g, %d", f.Stored, f.Bytes, f.Bits, f.Held, c.want, c.bytes, c.bits, c.held)
		}
	}
}

func TestTooManyParts(t *testing.T) {
	s := shapes{}
	for i := range maxParts + 1 {
		s[fmt.Sprintf("model%d.head.modulation", i)] = tensor.Shape{1, 2, 4}
	}
	if _, err := Identify(s); err == nil || !strings.Contains(err.Error(), "more than 8 parts") {
		t.Errorf("%v", err)
	}
}

func TestFusedProjections(t *testing.T) {
	f := identify(t, weights.Map{
		"condition_embedder.time_embedder.linear_1.weight": f32(0, 2, 2),
		"blocks.0.attn1.to_qkv.weight":                     f32(0, 6, 2),
		"blocks.0.attn1.to_qkv.bias":                       f32(0, 6),
		"blocks.0.attn2.to_kv.weight":                      f32(100, 4, 2),
		"blocks.0.attn1.norm_q.weight":                     f32(7, 2),
	})
	for name, want := range map[string][]float32{
		"blocks.0.self_attn.q.weight": {0, 1, 2, 3}, "blocks.0.self_attn.k.weight": {4, 5, 6, 7}, "blocks.0.self_attn.v.weight": {8, 9, 10, 11},
		"blocks.0.self_attn.v.bias": {4, 5}, "blocks.0.cross_attn.v.weight": {104, 105, 106, 107}, "blocks.0.self_attn.norm_q.weight": {7, 8},
	} {
		if got := read(t, f.Source, name); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
		if _, shape, _ := f.Source.Info(name); shape[0] != 2 {
			t.Errorf("%s: shape %v", name, shape)
		}
	}
}

func TestTiedEmbeddings(t *testing.T) {
	for _, names := range [][]string{{"shared.weight"}, {"encoder.embed_tokens.weight"}, {"shared.weight", "encoder.embed_tokens.weight"}} {
		m := weights.Map{"encoder.block.0.layer.0.SelfAttention.q.weight": f32(0, 2, 2)}
		for _, n := range names {
			m[n] = f32(5, 3, 2)
		}
		f := identify(t, m)
		if got := read(t, f.Source, "token_embedding.weight"); got[5] != 10 || len(f.Source.Names()) != 2 {
			t.Errorf("%v: %v, %v", names, got, f.Source.Names())
		}
	}
}

func TestContradictionsAreNamed(t *testing.T) {
	marker := "condition_embedder.time_embedder.linear_1.weight"
	for _, c := range []struct {
		m    weights.Map
		want string
	}{
		{weights.Map{marker: f32(0, 1), "blocks.0.attn1.to_qkv.weight": f32(0, 5, 2)}, "does not split into 3"},
		{weights.Map{marker: f32(0, 1), "blocks.0.attn1.to_q.weight": f32(0, 2), "blocks.0.attn1.to_qkv.weight": f32(0, 6)}, "both mean blocks.0.self_attn.q.weight"},
		{weights.Map{"head.modulation": f32(0, 1), "blocks.0.a.weight": f32(0, 1), "blocks.2.a.weight": f32(0, 1)}, "block 1 is missing"},
		{weights.Map{"head.modulation": f32(0, 1), "blocks.0.a.weight": f32(0, 1), "blocks.1.b.weight": f32(0, 1)}, "block 1 lacks a.weight"},
		{weights.Map{"head.modulation": f32(0, 1), "blocks.99999999999.a.weight": f32(0, 1)}, "block 0 is missing"},
	} {
		if _, err := Identify(c.m); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want …%s…", err, c.want)
		}
	}
}
