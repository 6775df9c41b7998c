package dialect

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/quant"
)

const quantised = "blocks.0.ffn.0."

// stored is a tensor of bytes counted up by steps.
func stored(d tensor.DType, step int, shape ...int) weights.Entry {
	b := make([]byte, d.Size(tensor.Shape(shape).Len()))
	for i := range b {
		b[i] = byte(i * step)
	}
	return weights.Entry{DType: d, Shape: shape, Data: b}
}

// few is a tensor of a type with numbers that all of them hold.
func few(d tensor.DType, shape ...int) weights.Entry {
	e := weights.Entry{DType: d, Shape: shape, Data: make([]byte, d.Size(tensor.Shape(shape).Len()))}
	v := make([]float32, e.Shape.Len())
	for i := range v {
		v[i] = []float32{0.5, 1, -2, 4, 8}[i%5]
	}
	_ = quant.Narrow(e.Data, d, v)
	return e
}

// hadamard is an element of the Kronecker power that columns are rotated by, by its
// definition.
func hadamard(row, col, size int) float64 {
	x := 1.
	for n := size; n > 1; n /= 4 {
		if row%4+col%4 == 3 { // the other diagonal
			x = -x
		}
		row, col = row/4, col/4
		x /= 2
	}
	return x
}

// unrotated multiplies a row, group by group, by the rotation.
func unrotated(row []float64, size int) []float64 {
	out := make([]float64, len(row))
	for col := range row {
		for k := range size {
			at := col/size*size + k
			out[col] += row[at] * hadamard(k, col%size, size)
		}
	}
	return out
}

// TestComfyQuant holds each form to what it means, written out plainly; miniatures by
// comfy-kitchen itself are opened by TestMiniatures in the pipeline.
func TestComfyQuant(t *testing.T) {
	const rows, cols = 130, 80 // more than a tile, and a tile that is not full
	nibble := func(e weights.Entry, row, col, upper int) int {
		return int(e.Data[row*cols/2+col/2]) >> (4 * ((col + upper) % 2)) & 15
	}
	floatOf := func(e weights.Entry, i int) float64 {
		var x [1]float32
		size := int(e.DType.Size(1))
		if err := quant.Widen(x[:], e.DType, e.Data[i*size:(i+1)*size]); err != nil {
			t.Fatal(err)
		}
		return float64(x[0])
	}
	swizzled := func(row, group, perRow int) int { // cuBLAS: tiles of 128×4, in each 32×4×4
		tile := row/128*((perRow+3)/4) + group/4
		return tile*512 + row%32*16 + row%128/32*4 + group%4
	}
	for _, c := range []struct {
		name, about string
		m           map[string]weights.Entry
		label       string
		rotation    int
		at          func(m map[string]weights.Entry, row, col int) float64
	}{
		{"nvfp4", `{"format":"nvfp4","full_precision_matrix_mult":true}`, map[string]weights.Entry{
			"weight": stored(tensor.U8, 7, rows, cols/2), "weight_scale": few(tensor.F8E4M3, 256, 8), "weight_scale_2": few(tensor.F32)}, "nvfp4", 0,
			func(m map[string]weights.Entry, row, col int) float64 {
				code := nibble(m["weight"], row, col, 1)
				x := []float64{0, 0.5, 1, 1.5, 2, 3, 4, 6}[code&7] * float64(1-code>>3*2)
				return x * 0.5 * floatOf(m["weight_scale"], swizzled(row, col/16, cols/16))
			}},
		{"nvfp4 smoothed", `{"format":"nvfp4"}`, map[string]weights.Entry{
			"weight": stored(tensor.U8, 7, rows, cols/2), "weight_scale": few(tensor.U8, 256, 8), "weight_scale_2": few(tensor.F32, 1), "pre_quant_scale": few(tensor.BF16, cols)}, "nvfp4", 0,
			func(m map[string]weights.Entry, row, col int) float64 {
				code := nibble(m["weight"], row, col, 1)
				x := []float64{0, 0.5, 1, 1.5, 2, 3, 4, 6}[code&7] * float64(1-code>>3*2)
				s := weights.Entry{DType: tensor.F8E4M3, Shape: tensor.Shape{256, 8}, Data: m["weight_scale"].Data}
				return x * 0.5 * floatOf(s, swizzled(row, col/16, cols/16)) * floatOf(m["pre_quant_scale"], col)
			}},
		{"int8 rotated", `{"format":"int8_tensorwise","convrot":true,"convrot_groupsize":16}`, map[string]weights.Entry{
			"weight": stored(tensor.I8, 11, rows, cols), "weight_scale": few(tensor.F32, rows, 1)}, "i8 rotated", 16,
			func(m map[string]weights.Entry, row, col int) float64 {
				return float64(int8(m["weight"].Data[row*cols+col])) * floatOf(m["weight_scale"], row)
			}},
		{"int8 rotated, told under params", `{"format":"int8_tensorwise","params":{"convrot":true,"convrot_groupsize":4}}`, map[string]weights.Entry{
			"weight": stored(tensor.I8, 11, rows, cols), "weight_scale": few(tensor.F32)}, "i8 rotated", 4,
			func(m map[string]weights.Entry, row, col int) float64 {
				return float64(int8(m["weight"].Data[row*cols+col])) * 0.5
			}},
		{"int8 not rotated", `{"format":"int8_tensorwise","convrot":false}`, map[string]weights.Entry{
			"weight": stored(tensor.I8, 11, rows, cols), "weight_scale": few(tensor.F32, rows, 1)}, "i8 scaled", 0,
			func(m map[string]weights.Entry, row, col int) float64 {
				return float64(int8(m["weight"].Data[row*cols+col])) * floatOf(m["weight_scale"], row)
			}},
		{"w4a4", `{"format":"convrot_w4a4","convrot_groupsize":16}`, map[string]weights.Entry{
			"weight": stored(tensor.I8, 7, rows, cols/2), "weight_scale": few(tensor.F32, rows)}, "convrot_w4a4", 16,
			func(m map[string]weights.Entry, row, col int) float64 {
				return float64((nibble(m["weight"], row, col, 0)+8)%16-8) * floatOf(m["weight_scale"], row)
			}},
		{"w4a8 by a codebook", `{"format":"asym_w4a8_int8","convrot_groupsize":16,"group_size":8}`, map[string]weights.Entry{
			"weight": stored(tensor.I8, 7, rows, cols/2), "weight_s_rel": few(tensor.F8E4M3, rows, cols/8), "weight_s_channel": few(tensor.F32, rows),
			"weight_codebook": few(tensor.F32, 16)}, "asym_w4a8_int8", 16,
			func(m map[string]weights.Entry, row, col int) float64 {
				x := floatOf(m["weight_codebook"], nibble(m["weight"], row, col, 0)) * floatOf(m["weight_s_rel"], row*(cols/8)+col/8)
				return math.RoundToEven(x) * floatOf(m["weight_s_channel"], row)
			}},
		{"w4a8", `{"format":"asym_w4a8_int8","convrot_groupsize":16}`, map[string]weights.Entry{
			"weight": stored(tensor.I8, 7, rows, cols/2), "weight_s_rel": stored(tensor.F32, 0, rows, cols/16), "weight_s_channel": few(tensor.F32, rows)}, "asym_w4a8_int8", 16,
			func(m map[string]weights.Entry, row, col int) float64 { return 0 }},
		{"awq", `{"format":"awq_w4a16","group_size":40}`, map[string]weights.Entry{
			"weight": stored(tensor.I8, 7, rows, cols/2), "weight_scale": few(tensor.F16, 2, rows), "weight_zeros": few(tensor.BF16, 2, rows)}, "awq_w4a16", 0,
			func(m map[string]weights.Entry, row, col int) float64 {
				at := col/40*rows + row
				return float64(nibble(m["weight"], row, col, 0)-8)*floatOf(m["weight_scale"], at) + floatOf(m["weight_zeros"], at)
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := weights.Map{"head.modulation": f32(0, 1, 2, 4), quantised + "comfy_quant": text(c.about)}
			for n, e := range c.m {
				m[quantised+n] = e
			}
			f := identify(t, m)
			if f.Stored != c.label {
				t.Errorf("stored as %q, want %q", f.Stored, c.label)
			}
			want := make([]float32, 0, rows*cols)
			for r := range rows {
				row := make([]float64, cols)
				for col := range cols {
					row[col] = c.at(c.m, r, col)
				}
				if c.rotation > 0 {
					row = unrotated(row, c.rotation)
				}
				for _, x := range row {
					want = append(want, quant.BF16(quant.ToBF16(float32(x))))
				}
			}
			for _, s := range []weights.Source{f.Source, f.AsStored} {
				if c.label == "i8 scaled" && s == f.AsStored {
					continue // see TestScaleDialects
				}
				if d, shape, _ := s.Info(quantised + "weight"); d != tensor.BF16 || !slices.Equal(shape, tensor.Shape{rows, cols}) {
					t.Fatalf("%v %v", d, shape)
				}
				got := read(t, s, quantised+"weight")
				for i := range got {
					if got[i] != want[i] {
						t.Fatalf("row %d, column %d: %g, want %g", i/cols, i%cols, got[i], want[i])
					}
				}
				names := s.Names()
				if c.label != "i8 scaled" && !slices.Equal(names, []string{quantised + "weight", "head.modulation"}) {
					t.Errorf("shows %v", names)
				}
				if err := weights.Read(s, quantised+"weight", make([]byte, 1)); err == nil {
					t.Error("reads into too little room")
				}
			}
		})
	}
}

// TestMXFP8 has the exponents that mean something of their own.
func TestMXFP8(t *testing.T) {
	m := weights.Map{"head.modulation": f32(0, 1, 2, 4), quantised + "comfy_quant": text(`{"format":"mxfp8"}`),
		quantised + "weight": eight(tensor.F8E4M3, 34, 64), quantised + "weight_scale": stored(tensor.U8, 0, 128, 4)}
	scales := m[quantised+"weight_scale"].Data
	scales[0], scales[1], scales[16+1], scales[4+0] = 127, 0, 130, 120 // rows 0, 0, 1 and 32
	got := read(t, identify(t, m).Source, quantised+"weight")
	for _, c := range []struct {
		row, col int
		scale    float32
	}{{0, 1, 1}, {0, 33, 0}, {1, 33, 8}, {32, 3, 1. / 128}, {33, 3, 0}} {
		i := c.row*64 + c.col
		if want := float32(i%5) * c.scale; got[i] != want {
			t.Errorf("row %d, column %d: %g, want %g", c.row, c.col, got[i], want)
		}
	}
}

// TestQuantNotes: what some files have beside each matrix, others have in their notes.
func TestQuantNotes(t *testing.T) {
	beside := weights.Map{"p.head.modulation": f32(0, 1, 2, 4), "p." + quantised + "weight": stored(tensor.I8, 7, 8, 8), "p." + quantised + "weight_scale": few(tensor.F32, 8)}
	noted := func(notes string) weights.Source {
		return withNotes{beside, map[string]string{"_quantization_metadata": notes}}
	}
	want := func() []float32 {
		m := maps.Clone(beside)
		m["p."+quantised+"comfy_quant"] = text(`{"format":"convrot_w4a4","convrot_groupsize":4}`)
		return read(t, identify(t, m).Source, quantised+"weight")
	}()
	for _, layer := range []string{"p.blocks.0.ffn.0", "blocks.0.ffn.0"} {
		got := read(t, identify(t, noted(fmt.Sprintf(`{"layers":{%q:{"format":"convrot_w4a4","convrot_groupsize":4},"vae.other":{}}}`, layer))).Source, quantised+"weight")
		if len(got) != 8*16 || !slices.Equal(got, want) {
			t.Errorf("%s: other numbers", layer)
		}
	}
	for notes, want := range map[string]string{`{`: "_quantization_metadata: unexpected end", `{"layers":{"blocks.0.ffn.0":7}}`: "blocks.0.ffn.0: json", `{"layers":{"blocks.0.ffn.0":{"format":"new"}}}`: `quantised as "new"`} {
		if _, err := Identify(noted(notes)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want …%s…", err, want)
		}
	}
}

type withNotes struct {
	weights.Map
	notes map[string]string
}

func (w withNotes) Metadata() map[string]string { return w.notes }

// TestFusedAndCoded: each part of a fused projection takes its own rows of what lies
// beside it, tiles included.
func TestFusedAndCoded(t *testing.T) {
	const to, rows, cols = "blocks.0.attn1.to_qkv.", 96, 64
	head := weights.Map{"condition_embedder.time_embedder.linear_1.weight": f32(0, 2, 2)}
	for about, beside := range map[string]map[string]weights.Entry{
		`{"format":"nvfp4"}`: {"weight": stored(tensor.U8, 7, rows, cols/2), "weight_scale": few(tensor.F8E4M3, 128, 4), "weight_scale_2": few(tensor.F32), "pre_quant_scale": few(tensor.F32, cols)},
		`{"format":"int8_tensorwise","convrot":true,"convrot_groupsize":64}`: {"weight": stored(tensor.I8, 11, rows, cols), "weight_scale": few(tensor.F32, rows, 1)},
		`{"format":"asym_w4a8_int8","convrot_groupsize":4,"group_size":16}`:  {"weight": stored(tensor.I8, 7, rows, cols/2), "weight_s_rel": few(tensor.F8E4M3, rows, 4), "weight_s_channel": few(tensor.F32, rows), "weight_codebook": few(tensor.F32, 16)},
		`{"format":"awq_w4a16","group_size":32}`:                             {"weight": stored(tensor.I8, 7, rows, cols/2), "weight_scale": few(tensor.F16, 2, rows), "weight_zeros": few(tensor.F16, 2, rows)},
	} {
		whole, fused := maps.Clone(head), maps.Clone(head)
		for n, e := range beside {
			whole["blocks.0.attn1.to_q."+n] = e
			fused[to+n] = e
		}
		whole["blocks.0.attn1.to_q.comfy_quant"], fused[to+"comfy_quant"] = text(about), text(about)
		want := read(t, identify(t, whole).Source, "blocks.0.self_attn.q.weight")
		var got []float32
		for _, part := range "qkv" {
			got = append(got, read(t, identify(t, fused).Source, "blocks.0.self_attn."+string(part)+".weight")...)
		}
		if len(got) != rows*cols || !slices.Equal(got, want) {
			t.Errorf("%s: the parts are not the whole", about)
		}
	}
}

func TestComfyQuantRefused(t *testing.T) {
	for _, c := range []struct {
		about string
		m     map[string]weights.Entry
		want  string
	}{
		{`{"format":"svdquant_w4a4"}`, nil, `quantised as "svdquant_w4a4"`},
		{`{"format":null}`, nil, `quantised as ""`},
		{`{"format":"nvfp4"}`, nil, "which is no matrix here"},
		{`{"format":"nvfp4"}`, map[string]weights.Entry{"weight": {DType: tensor.U8, Shape: tensor.Shape{0, 1 << 62}}}, "which is no matrix here"},
		{`{"format":"nvfp4","convrot":true}`, nil, "nvfp4 with rotated columns"},
		{`{"format":"float8_e4m3fn"}`, map[string]weights.Entry{"weight": eight(tensor.F8E5M2, 4, 16)}, "of type f8_e5m2"},
		{`{"format":"int8_tensorwise"}`, map[string]weights.Entry{"weight": eight(tensor.I8, 4, 16)}, "weight_scale is missing"},
		{`{"format":"int8_tensorwise","convrot":true}`, map[string]weights.Entry{"weight": eight(tensor.I8, 4, 16), "weight_scale": few(tensor.F32)}, "groups of 256"},
		{`{"format":"int8_tensorwise","convrot":true,"convrot_groupsize":8}`, map[string]weights.Entry{"weight": eight(tensor.I8, 4, 16)}, "groups of 8"},
		{`{"format":"int8_tensorwise","convrot":true,"convrot_groupsize":-4}`, map[string]weights.Entry{"weight": eight(tensor.I8, 4, 16)}, "groups of -4"},
		{`{"format":"int8_tensorwise","convrot":true,"convrot_groupsize":4}`, map[string]weights.Entry{"weight": eight(tensor.F8E4M3, 4, 16)}, "want i8"},
		{`{"format":"int8_tensorwise","convrot":true,"convrot_groupsize":4}`, map[string]weights.Entry{"weight": eight(tensor.I8, 4, 16)}, "scale_weight is missing"},
		{`{"format":"convrot_w4a4","convrot_groupsize":4}`, map[string]weights.Entry{"weight": eight(tensor.I8, 4, 16), "weight_scale": few(tensor.F32, 2, 2, 2)}, "8 numbers, want 4"},
		{`{"format":"convrot_w4a4","convrot_groupsize":4}`, map[string]weights.Entry{"weight": eight(tensor.I8, 4, 16), "weight_scale": few(tensor.I8, 4)}, "of type i8"},
		{`{"format":"nvfp4"}`, map[string]weights.Entry{"weight": eight(tensor.U8, 4, 8), "weight_scale": few(tensor.F8E4M3, 4, 1), "weight_scale_2": few(tensor.F32)}, "4 numbers, want 512"},
		{`{"format":"nvfp4"}`, map[string]weights.Entry{"weight": eight(tensor.U8, 4, 8), "weight_scale": few(tensor.F8E4M3, 128, 4)}, "weight_scale_2 is missing"},
		{`{"format":"nvfp4"}`, map[string]weights.Entry{"weight": eight(tensor.U8, 4, 7)}, "a multiple of 16"},
		{`{"format":"mxfp8"}`, map[string]weights.Entry{"weight": eight(tensor.F8E4M3, 4, 16)}, "a multiple of 32"},
		{`{"format":"asym_w4a8_int8","convrot_groupsize":4,"group_size":5}`, map[string]weights.Entry{"weight": eight(tensor.I8, 4, 16)}, "groups of 5"},
		{`{"format":"asym_w4a8_int8","convrot_groupsize":4}`, map[string]weights.Entry{"weight": eight(tensor.I8, 4, 16)}, "weight_s_rel is missing"},
		{`{"format":"asym_w4a8_int8","convrot_groupsize":4}`, map[string]weights.Entry{"weight": eight(tensor.I8, 4, 16), "weight_s_rel": few(tensor.F32, 4, 2), "weight_correction": few(tensor.F32, 2, 4)}, "weight_correction"},
		{`{"format":"awq_w4a16","group_size":-1}`, map[string]weights.Entry{"weight": eight(tensor.I8, 4, 16)}, "groups of -1"},
		{`{"format":"awq_w4a16","group_size":16}`, map[string]weights.Entry{"weight": eight(tensor.I8, 4, 16), "weight_scale": few(tensor.F32, 2, 4)}, "weight_zeros is missing"},
		{`{"format":"awq_w4a16","params":{"group_size":"x"}}`, nil, "cannot unmarshal"},
	} {
		m := weights.Map{"head.modulation": f32(0, 1, 2, 4), quantised + "comfy_quant": text(c.about)}
		for n, e := range c.m {
			m[quantised+n] = e
		}
		if _, err := Identify(m); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want …%s…", c.about, err, c.want)
		}
	}
}
