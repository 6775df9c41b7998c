package gguf

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"kinora/inference/tensor"
	"kinora/inference/weights/mapped"
)

// What the gguf package wrote must read as it says, and be the same again after
// our own writer.
func TestReadsWhatGGUFWrites(t *testing.T) {
	f, err := Open(filepath.Join("testdata", "real.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	checkReal(t, f)
	var entries []Entry
	for _, n := range f.Names() {
		d, s, _ := f.Info(n)
		entries = append(entries, Entry{n, d, s, func(w io.Writer) error {
			b, err := f.Bytes(n)
			if err == nil {
				_, err = w.Write(b)
			}
			return err
		}})
	}
	var buf bytes.Buffer
	if err := Write(&buf, []Key{
		{"general.architecture", "wan"}, {"test.u32", uint32(7)}, {"test.i32", int32(-7)}, {"test.u64", uint64(1 << 63)},
		{"test.f32", float32(0.25)}, {"test.f64", -1e300}, {"test.bool", true}, {"test.text", "說明\n\"quoted\""},
		{"test.no", false}, {"test.i64", int64(-5)}, {"tokenizer.ggml.model", "t5"},
		{"tokenizer.ggml.tokens", []string{"<pad>", "</s>", "▁a", "ü"}},
		{"tokenizer.ggml.scores", []float32{0, 0, -1.5, -2.25}}, {"tokenizer.ggml.token_type", []int32{3, 3, 1, 1}},
	}, entries); err != nil {
		t.Fatal(err)
	}
	again, err := Read(mapped.Bytes(buf.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	checkReal(t, again)
	checkValues(t, again, map[string]any{"test.no": false, "test.i64": int64(-5)})
}

func checkValues(t *testing.T, f *File, want map[string]any) {
	t.Helper()
	for key, want := range want {
		if got, err := f.Value(key); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %#v, want %#v (%v)", key, got, want, err)
		}
	}
}

func checkReal(t *testing.T, f *File) {
	t.Helper()
	checkValues(t, f, map[string]any{
		"general.architecture": "wan", "test.u32": int64(7), "test.i32": int64(-7), "test.u64": uint64(1 << 63),
		"test.f32": 0.25, "test.f64": -1e300, "test.bool": true, "test.text": "說明\n\"quoted\"",
		"tokenizer.ggml.tokens": []string{"<pad>", "</s>", "▁a", "ü"},
		"tokenizer.ggml.scores": []float64{0, 0, -1.5, -2.25}, "tokenizer.ggml.token_type": []int64{3, 3, 1, 1},
		"none": nil,
	})
	if m := f.Metadata(); m["test.i32"] != "-7" || m["test.f32"] != "0.25" || m["test.bool"] != "true" || m["tokenizer.ggml.model"] != "t5" {
		t.Errorf("metadata %v", m)
	}
	var about map[string]struct {
		Shape tensor.Shape
		Hex   string
	}
	text, err := os.ReadFile(filepath.Join("testdata", "real.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &about); err != nil {
		t.Fatal(err)
	}
	if len(f.Names()) != len(about) {
		t.Errorf("%d tensors, want %d", len(f.Names()), len(about))
	}
	for name, want := range about {
		d, s, ok := f.Info(name)
		if kind, typed := strings.CutPrefix(name, "type."); !ok || !s.Equal(want.Shape) || typed && d.String() != kind {
			t.Errorf("%s: %v %v, want %v", name, d, s, want.Shape)
		}
		b, err := f.Bytes(name)
		if err != nil || hex.EncodeToString(b) != want.Hex {
			t.Errorf("%s: bytes differ (%v)", name, err)
		}
		dst := make([]byte, len(b))
		if err := f.Read(name, dst); err != nil || !bytes.Equal(dst, b) {
			t.Errorf("%s: Read differs (%v)", name, err)
		}
		if err := f.Read(name, append(dst, 0)); err == nil {
			t.Errorf("%s: Read fills too much room", name)
		}
	}
	if _, err := f.Bytes("none"); err == nil {
		t.Error("bytes of a tensor that is not there")
	}
	if err := f.Read("none", nil); err == nil {
		t.Error("read of a tensor that is not there")
	}
}

func TestWriteRefuses(t *testing.T) {
	data := func(n int) func(io.Writer) error {
		return func(w io.Writer) error { _, err := w.Write(make([]byte, n)); return err }
	}
	for _, c := range []struct {
		key   any
		entry Entry
		want  string
	}{
		{3, Entry{"w", tensor.F32, tensor.Shape{1}, data(4)}, "values of Go type int"},
		{"", Entry{"w", tensor.F8E4M3, tensor.Shape{1}, data(1)}, "GGUF has no f8_e4m3"},
		{"", Entry{"w", tensor.F32, tensor.Shape{}, data(4)}, "0 dimensions"},
		{"", Entry{"w", tensor.F32, tensor.Shape{1, 1, 1, 1, 1, 1}, data(4)}, "6 dimensions"},
		{"", Entry{"w", tensor.Q8_0, tensor.Shape{2, 16}, data(34)}, "rows of 16"},
		{"", Entry{"w", tensor.F32, tensor.Shape{1 << 40, 1 << 40}, data(4)}, "too large"},
		{"", Entry{"w", tensor.F32, tensor.Shape{2}, data(4)}, "4 bytes written, want 8"},
		{"", Entry{"w", tensor.F32, tensor.Shape{2}, func(io.Writer) error { return os.ErrInvalid }}, "tensor w: invalid"},
	} {
		err := Write(&bytes.Buffer{}, []Key{{"k", c.key}}, []Entry{c.entry})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want …%s…", c.entry, err, c.want)
		}
	}
}

func TestFlaws(t *testing.T) {
	one := func(dims []uint64, kind uint32, offset uint64, data int) []byte {
		return file(1, 0).tensor("w", dims, kind, offset).data(data)
	}
	f32 := []uint64{8} // 32 bytes
	two := func(a, b uint64, data int) []byte {
		return file(2, 0).tensor("a", f32, 0, a).tensor("b", f32, 0, b).data(data)
	}
	key := func(kind uint32) doc { return file(0, 1).text("k").u32(kind) }
	aligned := func(kind uint32, n uint32, offset uint64, data int) []byte {
		d := file(1, 1).text("general.alignment").u32(kind).u32(n)
		return d.tensor("w", f32, 0, offset).data(data)
	}
	good := one(f32, 0, 0, 32)
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"magic alone", []byte("GGUF"), "cut short"},
		{"other magic", []byte("GGML\x03\x00\x00\x00"), "not a GGUF file"},
		{"version 1", doc("GGUF").u32(1).u64(0).u64(0), "GGUF version 1"},
		{"big-endian", doc("GGUF").u32(3 << 24).u64(0).u64(0), "means big-endian"},
		{"tensors beyond any file", file(1<<63, 0), "at most 65536"},
		{"keys beyond any file", file(0, 1<<63), "at most 65536"},
		{"one tensor too many", file(maxTensors+1, 0), "65537 tensors"},
		{"tensor that is not there", file(1, 0), "cut short"},
		{"key that is not there", file(0, 1), "cut short"},
		{"key of 2^63 bytes", file(0, 1).u64(1 << 63), "a key of 9223372036854775808 bytes"},
		{"key of 513 bytes", file(0, 1).text(strings.Repeat("k", 513)).u32(0), "a key of 513 bytes"},
		{"key cut", append(file(0, 1).u64(9), "short"...), "cut short"},
		{"key not UTF-8", append(file(0, 1).text("\xff").u32(0), 1), "not valid UTF-8"},
		{"key twice", append(file(0, 2).text("k").u32(kindU8), append([]byte{1}, append(doc("").text("k").u32(kindU8), 1)...)...), `key "k" twice`},
		{"kind 13", key(13).u64(0), "kind 13 is not known"},
		{"truth of 2", append(key(kindBool), 2), "a truth of 2"},
		{"number cut", append(key(kindU32), 1, 2), "cut short"},
		{"text of 2^63 bytes", key(kindString).u64(1 << 63), "a text of 9223372036854775808 bytes"},
		{"text of all but one", key(kindString).u64(1<<64 - 1), "a text of 18446744073709551615 bytes"},
		{"text over the end", key(kindString).u64(9), "cut short"},
		{"list of lists", key(kindArray).u32(kindArray).u64(1), "a list of kind 9"},
		{"list of unknown", key(kindArray).u32(99).u64(1), "a list of kind 99"},
		{"list too long", key(kindArray).u32(kindU8).u64(maxArray + 1), "a list of 4194305"},
		{"list of 2^61 words", key(kindArray).u32(kindU64).u64(1 << 61), "a list of 2305843009213693952"},
		{"list over the end", key(kindArray).u32(kindF32).u64(1 << 20), "cut short"},
		{"too many texts", key(kindArray).u32(kindString).u64(maxTexts + 1), "a list of 1048577"},
		{"texts over the end", key(kindArray).u32(kindString).u64(1000).u64(0), "cut short"},
		{"text in a list too long", key(kindArray).u32(kindString).u64(1).u64(maxString + 1), "a text of 1048577 bytes"},
		{"name too long", file(1, 0).tensor(strings.Repeat("n", 257), f32, 0, 0).data(32), "a tensor's name of 257 bytes"},
		{"name twice", file(2, 0).tensor("w", f32, 0, 0).tensor("w", f32, 0, 32).data(64), `tensor "w" twice`},
		{"no dimensions", one(nil, 0, 0, 32), "0 dimensions"},
		{"six dimensions", one([]uint64{1, 1, 1, 1, 1, 8}, 0, 0, 32), "6 dimensions"},
		{"2^32-1 dimensions", file(1, 0).text("w").u32(1<<32 - 1).data(32), "4294967295 dimensions"},
		{"dimension of zero", one([]uint64{0}, 0, 0, 32), "a dimension of 0"},
		{"negative dimension", one([]uint64{1<<64 - 8}, 0, 0, 32), "a dimension of 18446744073709551608"},
		{"product over 64 bits", one([]uint64{1 << 32, 1 << 33}, 0, 0, 32), "too large"},
		{"product to 8 in 64 bits", one([]uint64{1 << 62, 4, 8}, 0, 0, 32), "too large"},
		{"bytes over 64 bits", one([]uint64{1 << 61}, 27, 0, 32), "too large"},
		{"type that is not read", one([]uint64{256}, 16, 0, 66), "type IQ2_XXS is not one that this program reads"},
		{"type removed", one([]uint64{32}, 4, 0, 66), "type Q4_2"},
		{"type unknown", one(f32, 77, 0, 32), "type 77 is not known"},
		{"half a block", one([]uint64{48}, 2, 0, 36), "rows of 48"},
		{"block over two rows", one([]uint64{16, 2}, 2, 0, 18), "rows of 16"},
		{"offset over the end", one(f32, 0, 32, 32), "32 bytes between tensors"},
		{"offset near 2^64", one(f32, 0, 1<<64-32, 32), "lies at 18446744073709551584"},
		{"offset and size far out", one([]uint64{1 << 58}, 0, 1<<61, 32), "belong to none"},
		{"data cut", one(f32, 0, 0, 31), "cut short: tensor"},
		{"no data", file(1, 0).tensor("w", f32, 0, 0), "cut short: tensor"},
		{"overlap", two(0, 0, 64), `"a" and "b" overlap`},
		{"overlap by a part", two(0, 16, 64), `"a" and "b" overlap`},
		{"hole", two(0, 64, 128), "32 bytes between tensors"},
		{"hole at the start", two(32, 64, 128), "32 bytes between tensors"},
		{"misaligned", file(2, 0).tensor("a", []uint64{9}, 0, 0).tensor("b", f32, 0, 40).data(128), "not a multiple of 32"},
		{"bytes behind", one(f32, 0, 0, 65), "33 bytes behind the last tensor"},
		{"alignment 0", aligned(kindU32, 0, 0, 32), "general.alignment is 0"},
		{"alignment 48", aligned(kindU32, 48, 0, 32), "general.alignment is 48"},
		{"alignment of 2 MB", aligned(kindU32, 2<<20, 0, 32), "general.alignment is 2097152"},
		{"alignment as a fraction", aligned(kindF32, 32, 0, 32), "it must be a power of two"},
		{"folded to another size", file(1, 1).text("comfy.gguf.orig_shape.w").u32(kindArray).u32(kindI32).u64(1).u32(9).
			tensor("w", f32, 0, 0).data(32), "original shape [9] does not fold to [8]"},
		{"folded to a negative size", file(1, 1).text("comfy.gguf.orig_shape.w").u32(kindArray).u32(kindI32).u64(2).u32(1<<32-2).u32(1<<32-4).
			tensor("w", f32, 0, 0).data(32), "original shape [-2 -4]"},
		{"folded to a text", file(1, 1).text("comfy.gguf.orig_shape.w").u32(kindString).text("8").
			tensor("w", f32, 0, 0).data(32), "original shape 8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read(mapped.Bytes(c.file))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want …%s…", err, c.want)
			}
		})
	}
	for name, raw := range map[string][]byte{"good": good, "aligned to 8": aligned(kindU32, 8, 0, 32), "aligned to 64": aligned(kindU32, 64, 0, 32)} {
		if _, err := Read(mapped.Bytes(raw)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A doc is a file in the making, right or wrong.
type doc []byte

func file(tensors, keys uint64) doc { return doc("GGUF").u32(3).u64(tensors).u64(keys) }

func (d doc) u32(n uint32) doc { return append(d, byte(n), byte(n>>8), byte(n>>16), byte(n>>24)) }
func (d doc) u64(n uint64) doc { return d.u32(uint32(n)).u32(uint32(n >> 32)) }
func (d doc) text(s string) doc {
	return append(d.u64(uint64(len(s))), s...)
}

func (d doc) tensor(name string, dims []uint64, kind uint32, offset uint64) doc {
	d = d.text(name).u32(uint32(len(dims)))
	for _, n := range dims {
		d = d.u64(n)
	}
	return d.u32(kind).u64(offset)
}

// data ends the header and puts n bytes behind it. Tests that set an alignment
// have headers that end on it.
func (d doc) data(n int) []byte {
	align := 32
	if bytes.Contains(d, []byte("general.alignment")) {
		align = 1
		for _, a := range []int{8, 64} {
			if bytes.Contains(d, doc("general.alignment").u32(kindU32).u32(uint32(a))) {
				align = a
			}
		}
	}
	for len(d)%align != 0 {
		d = append(d, 0)
	}
	for i := range n {
		d = append(d, byte(i))
	}
	return d
}

func TestMisalignedNumbersAreCopied(t *testing.T) {
	raw := file(1, 0).tensor("w", []uint64{8}, 0, 0).data(32)
	f, err := Read(mapped.Bytes(append(make([]byte, 1, len(raw)+1), raw...)[1:]))
	if err != nil {
		t.Fatal(err)
	}
	b, err := f.Bytes("w")
	if err != nil || fmt.Sprint(tensor.View[float32](b)[0]) == "" || !bytes.Equal(b, raw[len(raw)-32:]) {
		t.Errorf("%v %v", b, err)
	}
}
