package dialect

import (
	"slices"
	"strings"
	"testing"

	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/quant"
)

// eight is a matrix of small whole numbers in 8 bits.
func eight(d tensor.DType, rows, cols int) weights.Entry {
	e := weights.Entry{DType: d, Shape: tensor.Shape{rows, cols}, Data: make([]byte, rows*cols)}
	for i := range e.Data {
		if e.Data[i] = byte(i % 5); d != tensor.I8 {
			_ = quant.Narrow(e.Data[i:i+1], d, []float32{float32(i % 5)})
		}
	}
	return e
}

func text(s string) weights.Entry {
	return weights.Entry{DType: tensor.U8, Shape: tensor.Shape{len(s)}, Data: []byte(s)}
}

func TestScaleDialects(t *testing.T) {
	const w = "blocks.0.ffn.0."
	scalar := func(x float32) weights.Entry {
		return weights.Entry{DType: tensor.F32, Data: tensor.Bytes([]float32{x})}
	}
	for _, c := range []struct {
		name  string
		m     weights.Map
		kept  int // numbers of scale that stand beside the weight as it is stored
		scale func(row, col int) float32
	}{
		{"scale_weight", weights.Map{w + "weight": eight(tensor.F8E4M3, 3, 5), w + "scale_weight": scalar(0.5), w + "scale_input": scalar(9), "scaled_fp8": {DType: tensor.F8E4M3, Shape: tensor.Shape{0}}}, 1,
			func(int, int) float32 { return 0.5 }},
		{"e5m2", weights.Map{w + "weight": eight(tensor.F8E5M2, 3, 5), w + "scale_weight": f32(2, 1)}, 1,
			func(int, int) float32 { return 2 }},
		{"weight_scale", weights.Map{w + "weight": eight(tensor.F8E4M3, 3, 5), w + "weight_scale": scalar(0.25), w + "input_scale": scalar(9)}, 1,
			func(int, int) float32 { return 0.25 }},
		{"by row", weights.Map{w + "weight": eight(tensor.F8E4M3, 3, 5), w + "weight_scale": f32(1, 3, 1)}, 3,
			func(row, _ int) float32 { return float32(1 + row) }},
		{"by square", weights.Map{w + "weight": eight(tensor.F8E4M3, 130, 257), w + "weight_scale_inv": f32(1, 2, 3)}, 0,
			func(row, col int) float32 { return float32(1 + row/128*3 + col/128) }},
		{"int8", weights.Map{w + "weight": eight(tensor.I8, 3, 5), w + "weight_scale": scalar(3), w + "comfy_quant": text(`{"format":"int8_tensorwise"}`)}, 0,
			func(int, int) float32 { return 3 }},
		{"int8 in blocks", weights.Map{w + "weight": eight(tensor.I8, 3, 64), w + "weight_scale": scalar(3), w + "comfy_quant": text(`{"format":"int8_tensorwise"}`)}, 1,
			func(int, int) float32 { return 3 }},
		{"int8 in blocks by row", weights.Map{w + "weight": eight(tensor.I8, 3, 32), w + "weight_scale": f32(1, 3, 1)}, 3,
			func(row, _ int) float32 { return float32(1 + row) }},
		{"not scaled", weights.Map{w + "weight": eight(tensor.F8E4M3, 3, 5)}, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.m["head.modulation"] = f32(0, 1, 2, 4)
			f := identify(t, c.m)
			d, shape, _ := f.Source.Info(w + "weight")
			got := read(t, f.Source, w+"weight")
			stored, _, _ := f.AsStored.Info(w + "weight")
			want, of := tensor.BF16, c.m[w+"weight"]
			if c.kept > 0 || c.scale == nil {
				if want = of.DType; want == tensor.I8 {
					want = tensor.Q8_0
				}
			}
			if stored != want {
				t.Errorf("stored as %v, want %v", stored, want)
			}
			if c.scale == nil {
				if d != stored || f.Stored == "" || strings.Contains(f.Stored, "scaled") {
					t.Errorf("%v, %q", d, f.Stored)
				}
				return
			}
			if d != tensor.BF16 || !strings.HasSuffix(f.Stored, " scaled") {
				t.Errorf("%v, %q", d, f.Stored)
			}
			var wide []float32
			for i := range shape.Len() {
				wide = append(wide, float32(i%5)*c.scale(i/shape[1], i%shape[1]))
			}
			if !slices.Equal(got, wide) {
				t.Errorf("%v, want %v", got, wide)
			}
			_, sh, beside := f.AsStored.Info(w + "scale_weight")
			if beside != slices.Contains(f.AsStored.Names(), w+"scale_weight") || beside != (c.kept > 0) || beside && sh.Len() != c.kept {
				t.Fatalf("scales %v beside %v", sh, f.AsStored.Names())
			}
			narrow, by := read(t, f.AsStored, w+"weight"), []float32{1}
			if beside {
				by = read(t, f.AsStored, w+"scale_weight")
				if err := weights.Read(f.AsStored, w+"scale_weight", make([]byte, 1)); err == nil {
					t.Error("reads a scale into too little room")
				}
			}
			for i := range narrow {
				narrow[i] *= by[i/shape[1]*len(by)/shape[0]]
			}
			if !slices.Equal(narrow, wide) {
				t.Errorf("%v as stored, want %v", narrow, wide)
			}
			if made := stored != of.DType; weights.Made(f.AsStored, w+"weight") != made || !weights.Made(f.Source, w+"weight") || weights.Made(f.AsStored, "head.modulation") {
				t.Errorf("made: %v, want %v", !made, made)
			}
			for _, s := range []weights.Source{f.Source, f.AsStored} {
				if err := weights.Read(s, w+"weight", make([]byte, 1)); err == nil {
					t.Error("reads into too little room")
				}
			}
		})
	}
}

// TestScaledTables: what is looked up row by row is widened, unless one number scales
// all of a large one.
func TestScaledTables(t *testing.T) {
	m := weights.Map{"blocks.0.pos_embedding.embedding.weight": eight(tensor.F8E4M3, 3, 5), "blocks.0.pos_embedding.embedding.scale_weight": f32(2, 1),
		"token_embedding.weight": eight(tensor.F8E4M3, 4, 5), "token_embedding.scale_weight": f32(2, 1)}
	f := identify(t, m)
	for name, want := range map[string]tensor.DType{"blocks.0.pos_embedding.embedding": tensor.BF16, "token_embedding": tensor.F8E4M3} {
		d, _, _ := f.AsStored.Info(name + ".weight")
		if _, _, scaled := f.AsStored.Info(name + ".scale_weight"); d != want || scaled != (want == tensor.F8E4M3) {
			t.Errorf("%s is %v, scaled %v", name, d, scaled)
		}
	}
	m["token_embedding.scale_weight"] = f32(2, 4)
	f = identify(t, m)
	if d, _, _ := f.AsStored.Info("token_embedding.weight"); d != tensor.BF16 {
		t.Errorf("rows of the table with a scale each are %v", d)
	}
}

// The scale of a fused projection belongs to all its parts.
func TestFusedAndScaled(t *testing.T) {
	for name, scales := range map[string]weights.Entry{"one": f32(2, 1), "rows": f32(2, 6)} {
		f := identify(t, weights.Map{
			"condition_embedder.time_embedder.linear_1.weight": f32(0, 2, 2),
			"blocks.0.attn1.to_qkv.weight":                     eight(tensor.F8E4M3, 6, 2),
			"blocks.0.attn1.to_qkv.scale_weight":               scales,
		})
		want := []float32{4 * 2, 0, 1 * 2, 2 * 2}
		if name == "rows" {
			want = []float32{4 * 4, 0, 1 * 5, 2 * 5}
		}
		if got := read(t, f.Source, "blocks.0.self_attn.k.weight"); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestScalesRefused(t *testing.T) {
	const w = "blocks.0.ffn.0."
	for _, c := range []struct {
		m    weights.Map
		want string
	}{
		{weights.Map{w + "scale_weight": f32(1, 1)}, "which is no matrix here"},
		{weights.Map{w + "weight": f32(1, 4), w + "scale_weight": f32(1, 1)}, "which is no matrix here"},
		{weights.Map{w + "weight": eight(tensor.F8E4M3, 3, 5), w + "scale_weight": f32(1, 2)}, "shape [2] does not fit"},
		{weights.Map{w + "weight": {DType: tensor.Q8_0, Shape: tensor.Shape{1, 32}, Data: make([]byte, 34)}, w + "scale_weight": f32(1, 1)}, "of type q8_0"},
		{weights.Map{w + "weight": eight(tensor.F8E4M3, 3, 5), w + "scale_weight": {DType: tensor.Bool, Shape: tensor.Shape{1}, Data: []byte{1}}}, "bool holds no numbers"},
		{weights.Map{w + "comfy_quant": text(`{"format"`)}, "comfy_quant: "},
		{weights.Map{w + "comfy_quant": text(strings.Repeat("x", 5000))}, "a description of 5000 bytes"},
	} {
		c.m["head.modulation"] = f32(0, 1, 2, 4)
		if _, err := Identify(c.m); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want …%s…", err, c.want)
		}
	}
}
