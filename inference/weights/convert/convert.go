// Package convert writes a checkpoint in another element type or file format. It
// streams: no tensor is whole in memory. Which tensors a type is for, it decides as
// the published files do: the matrices inside blocks, and a text encoder's table of
// tokens; all else stays as it is stored.
package convert

import (
	"context"
	"fmt"
	"hash/crc64"
	"io"
	"maps"
	"slices"
	"strings"

	"kinora/inference/tensor"
	"kinora/inference/weights"
	"kinora/inference/weights/dialect"
	"kinora/inference/weights/gguf"
	"kinora/inference/weights/quant"
	"kinora/inference/weights/safetensors"
)

// A Format is a file format that is written.
type Format string

// The formats.
const (
	GGUF        Format = "GGUF"
	Safetensors Format = "safetensors"
)

// Types lists the types that are written, by the names they are asked for.
var Types = []struct {
	Name string
	Type tensor.DType
	In   []Format
}{
	{"f32", tensor.F32, []Format{Safetensors, GGUF}},
	{"bf16", tensor.BF16, []Format{Safetensors, GGUF}},
	{"f16", tensor.F16, []Format{Safetensors, GGUF}},
	{"fp8", tensor.F8E4M3, []Format{Safetensors}}, // with a scale beside each matrix
	{"q8_0", tensor.Q8_0, []Format{GGUF}},
	{"q6_k", tensor.Q6K, []Format{GGUF}},
	{"q5_k", tensor.Q5K, []Format{GGUF}},
	{"q4_k", tensor.Q4K, []Format{GGUF}},
	{"q5_0", tensor.Q5_0, []Format{GGUF}},
	{"q4_0", tensor.Q4_0, []Format{GGUF}},
}

// A Plan is a file that has not been written yet.
type Plan struct {
	Format Format
	To     tensor.DType
	Parts  []dialect.Part
	Notes  []string // what does not come along, in sentences
	Bytes  int64    // of the tensors, a little less than the file

	from    weights.Source
	items   []*item
	meta    map[string]string
	keys    []gguf.Key
	changed int
}

// An item is a tensor of the new file.
type item struct {
	name       string
	source     string // in Plan.from
	stored     tensor.DType
	shape      tensor.Shape
	dtype      tensor.DType
	scale      *item // the tensor with the scale that this one is divided by
	of         *item // of a scale: the tensor that it is for
	value      float32
	sum        uint64 // of what was written
	wrote      bool
	err, size2 float64
}

// New plans the conversion of s, which stays the caller's.
func New(s weights.Source, to tensor.DType, format Format) (*Plan, error) {
	found, err := dialect.Identify(s)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("it holds no part of a model that this program knows")
	}
	p := &Plan{Format: format, To: to, from: s, meta: weights.Metadata(s)}
	prefix := found[0].Prefix
	for _, f := range found {
		p.Parts = append(p.Parts, f.Part)
	}
	names := s.Names()
	if slices.ContainsFunc(names, scaling) {
		p.meta = maps.Clone(p.meta)
		delete(p.meta, "_quantization_metadata") // says what the new file is not
		if len(found) > 1 {
			return nil, fmt.Errorf("it holds %d parts, and weights with scales; such a file is converted only when it holds one part", len(found))
		}
		p.from, prefix = found[0].Source, ""
		names = p.from.Names()
	}
	text := slices.Contains(p.Parts, dialect.Text)
	for _, n := range names {
		if scaling(n) {
			continue
		}
		d, shape, _ := p.from.Info(n)
		it := &item{name: n, source: n, stored: d, shape: shape, dtype: d}
		if d != to && fits(n, d, shape, to, text) {
			it.dtype = to
			p.changed++
		}
		if err := p.add(it); err != nil {
			return nil, err
		}
	}
	if p.changed == 0 {
		return nil, fmt.Errorf("it has no weights that %v is for", to)
	}
	if to == tensor.F8E4M3 {
		two := &item{name: prefix + "scaled_fp8", shape: tensor.Shape{2}, dtype: to} // two elements: only the weights are narrow
		p.items = append(p.items, two)
	}
	if format == GGUF {
		p.keys = keysFor(s, p.Parts[0])
	}
	for _, it := range p.items {
		p.Bytes += it.dtype.Size(it.shape.Len())
	}
	return p, nil
}

func (p *Plan) add(it *item) error {
	if p.Format == GGUF {
		if len(it.shape) == 0 {
			it.shape = tensor.Shape{1}
		}
		switch it.dtype {
		case tensor.U8, tensor.Bool, tensor.F8E4M3, tensor.F8E5M2:
			if it.dtype == tensor.U8 {
				p.Notes = append(p.Notes, fmt.Sprintf("%s does not come along, as GGUF has no bytes; keep the tokenizer's file beside the model", it.name))
				return nil
			}
			it.dtype = tensor.F16
			if !quant.Can(it.stored) {
				return fmt.Errorf("tensor %s: GGUF has no %v", it.name, it.stored)
			}
		}
	} else if elems, _ := it.dtype.Block(); elems > 1 {
		it.dtype = tensor.BF16 // safetensors has no blocks
	}
	if it.dtype == tensor.F8E4M3 && p.To == tensor.F8E4M3 && it.stored != tensor.F8E4M3 {
		module := strings.TrimSuffix(it.name, ".weight")
		it.scale = &item{name: module + ".scale_weight", shape: tensor.Shape{1}, dtype: tensor.F32, of: it}
		p.items = append(p.items, it.scale)
	}
	p.items = append(p.items, it)
	return nil
}

// scaling tells the names of scales and of what belongs to them.
func scaling(name string) bool {
	for _, end := range []string{".scale_weight", ".weight_scale", ".weight_scale_inv", ".weight_s_rel", ".scale_input", ".input_scale", ".comfy_quant", "scaled_fp8"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// fits reports whether a tensor takes the new type.
func fits(name string, stored tensor.DType, shape tensor.Shape, to tensor.DType, text bool) bool {
	if !quant.Can(stored) || stored == tensor.U8 || stored == tensor.I8 || stored == tensor.I32 || stored == tensor.I64 {
		return false
	}
	switch to {
	case tensor.F32, tensor.BF16, tensor.F16: // everything that is wide enough already
		return len(shape) > 1 || stored != tensor.F32
	}
	elems, _ := to.Block()
	if len(shape) != 2 || !strings.HasSuffix(name, ".weight") || shape[1]%elems != 0 || shape.Len() < 1024 {
		return false
	}
	for _, keep := range []string{"norm", "pos_embedding", "relative_attention_bias", "attn_rel_b"} {
		if strings.Contains(name, keep) {
			return false
		}
	}
	if text && to != tensor.F8E4M3 { // the published fp8 files keep the table of tokens wide
		for _, table := range []string{"token_embedding.weight", "shared.weight", "embed_tokens.weight", "token_embd.weight"} {
			if strings.HasSuffix(name, table) {
				return true
			}
		}
	}
	for _, in := range []string{"blocks.", "block.", "blk."} {
		if strings.HasPrefix(name, in) || strings.Contains(name, "."+in) {
			return true
		}
	}
	return false
}

// Write writes the file. progress gets the bytes done of Plan.Bytes.
func (p *Plan) Write(ctx context.Context, w io.Writer, progress func(done int64)) error {
	done := int64(0)
	data := func(it *item) func(io.Writer) error {
		return func(w io.Writer) error {
			h := crc64.New(table)
			err := p.stream(ctx, it, io.MultiWriter(w, h), func(n int) {
				done += int64(n)
				progress(done)
			})
			it.sum, it.wrote = h.Sum64(), true
			return err
		}
	}
	if p.Format == GGUF {
		var entries []gguf.Entry
		for _, it := range p.items {
			entries = append(entries, gguf.Entry{Name: it.name, DType: it.dtype, Shape: it.shape, Data: data(it)})
		}
		return gguf.Write(w, p.keys, entries)
	}
	var entries []safetensors.Entry
	for _, it := range p.items {
		entries = append(entries, safetensors.Entry{Name: it.name, DType: it.dtype, Shape: it.shape, Data: data(it)})
	}
	return safetensors.Write(w, entries, p.meta)
}

var table = crc64.MakeTable(crc64.ECMA)

// Check reads the written file back and holds every byte to what was written.
func (p *Plan) Check(ctx context.Context, s weights.Source, progress func(done int64)) error {
	done := int64(0)
	for _, it := range p.items {
		d, shape, ok := s.Info(it.name)
		if !ok || d != it.dtype || !slices.Equal(shape, it.shape) || !it.wrote {
			return fmt.Errorf("the new file has %s as %v %v, want %v %v", it.name, d, shape, it.dtype, it.shape)
		}
		b, err := s.Bytes(it.name)
		if err != nil {
			return err
		}
		sum := uint64(0)
		for len(b) > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			n := min(len(b), chunkBytes)
			sum = crc64.Update(sum, table, b[:n])
			b = b[n:]
			done += int64(n)
			progress(done)
		}
		if sum != it.sum {
			return fmt.Errorf("%s reads back other than it was written; the disk may be failing, convert to another one", it.name)
		}
	}
	return nil
}

// Report says how many tensors changed their type, and the worst of them: how far
// its numbers moved, as a share of their size (root of mean squares).
func (p *Plan) Report() (changed, of int, worst string, share float64) {
	for _, it := range p.items {
		if s := it.moved(); s > share {
			worst, share = it.name, s
		}
	}
	return p.changed, len(p.items), worst, share
}
