package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"kinora/inference/tensor"
)

// raw puts a header and data together as they are given, right or wrong.
func raw(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	for i := range data {
		b = append(b, byte(i))
	}
	return b
}

func one(dtype, shape, offsets string) string {
	return fmt.Sprintf(`{"a":{"dtype":%s,"shape":%s,"data_offsets":%s}}`, dtype, shape, offsets)
}

// Exponents are read as the bytes that they are.
func TestExponents(t *testing.T) {
	tensors, _, err := parseHeader([]byte(`{"a":{"dtype":"F8_E8M0","shape":[2],"data_offsets":[0,2]}}`))
	if err != nil || tensors["a"].dtype != tensor.U8 {
		t.Errorf("%v (%v), want u8", tensors["a"].dtype, err)
	}
}

func TestFlaws(t *testing.T) {
	const f2 = `{"dtype":"F32","shape":[2],"data_offsets":[%d,%d]}`
	pair := func(a, b, c, d int) string {
		return fmt.Sprintf(`{"a":`+f2+`,"b":`+f2+`}`, a, b, c, d)
	}
	many := []string{}
	for i := range maxTensors + 1 {
		many = append(many, fmt.Sprintf(`"a%d":{"dtype":"U8","shape":[1],"data_offsets":[%d,%d]}`, i, i, i+1))
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "0 bytes are too few"},
		{"seven bytes", []byte("abcdefg"), "7 bytes are too few"},
		{"huge header", binary.LittleEndian.AppendUint64(nil, MaxHeader+1), "a header of 100000001 bytes"},
		{"negative as signed", binary.LittleEndian.AppendUint64(nil, 1<<63), "not a safetensors file"},
		{"header longer than file", binary.LittleEndian.AppendUint64(nil, 9), "cut short: the header has 9 bytes, and 0 are left"},
		{"no header", raw("", 4), "does not start with {"},
		{"blank first", raw(` {}`, 0), "does not start with {"},
		{"list", raw(`[]`, 0), "does not start with {"},
		{"cut json", raw(`{"a":`, 0), "expected"},
		{"cut string", raw(`{"a`, 0), "ends inside a string"},
		{"ends on a backslash", raw(`{"a\`, 0), "ends inside a string"},
		{"zero byte", raw("{}\x00", 0), "after the closing }"},
		{"two objects", raw("{}{}", 0), "after the closing }"},
		{"trailing comma", raw(`{"a":1,}`, 0), "expected"},
		{"name twice", raw(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2), `tensor "a" twice`},
		{"name twice, once escaped", raw(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2), `tensor "a" twice`},
		{"metadata twice", raw(`{"__metadata__":{},"__metadata__":{}}`, 0), "__metadata__ twice"},
		{"metadata key twice", raw(`{"__metadata__":{"k":"1","k":"2"}}`, 0), `"k" twice`},
		{"metadata number", raw(`{"__metadata__":{"k":1}}`, 0), `'"' expected`},
		{"metadata null", raw(`{"__metadata__":null}`, 0), "'{' expected"},
		{"metadata too large", raw(`{"__metadata__":{"k":"`+strings.Repeat("x", maxMetadata)+`"}}`, 0), "__metadata__: more than 16 MB"},
		{"name too long", raw(`{"`+strings.Repeat("n", maxName+1)+`":{}}`, 0), "a string longer than 256"},
		{"name not UTF-8", raw("{\"a\xff\":{}}", 0), "not valid UTF-8"},
		{"control character", raw("{\"a\n\":{}}", 0), "control character"},
		{"bad escape", raw(`{"\q":{}}`, 0), "invalid character"},
		{"tensor is a number", raw(`{"a":1}`, 0), `tensor "a"`},
		{"unknown dtype", raw(one(`"F4"`, `[2]`, `[0,1]`), 1), `dtype "F4" is not one`},
		{"dtype in small letters", raw(one(`"f32"`, `[1]`, `[0,4]`), 4), `dtype "f32"`},
		{"dtype null", raw(one(`null`, `[1]`, `[0,4]`), 4), `'"' expected`},
		{"field missing", raw(`{"a":{"dtype":"U8","shape":[1]}}`, 1), "needs dtype, shape and data_offsets"},
		{"field twice", raw(`{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1), "dtype twice"},
		{"shape twice", raw(`{"a":{"dtype":"U8","shape":[2],"shape":[1],"data_offsets":[0,1]}}`, 1), "shape twice"},
		{"offsets twice", raw(`{"a":{"dtype":"U8","data_offsets":[0,9],"shape":[1],"data_offsets":[0,1]}}`, 1), "data_offsets twice"},
		{"field in capitals", raw(`{"a":{"DTYPE":"U8","shape":[1],"data_offsets":[0,1]}}`, 1), `unknown field "DTYPE"`},
		{"negative dimension", raw(one(`"U8"`, `[-1]`, `[0,1]`), 1), "whole number, not negative"},
		{"fraction", raw(one(`"U8"`, `[1.5]`, `[0,1]`), 1), "expected"},
		{"exponent", raw(one(`"U8"`, `[1e3]`, `[0,1000]`), 1000), "expected"},
		{"leading zero", raw(one(`"U8"`, `[01]`, `[0,1]`), 1), "whole number"},
		{"number of 20 digits", raw(one(`"U8"`, `[18446744073709551617]`, `[0,1]`), 1), "too large"},
		{"product over 64 bits", raw(one(`"F32"`, `[4294967296,4294967296]`, `[0,0]`), 0), "too large"},
		{"product to zero in 64 bits", raw(one(`"U8"`, `[4294967296,4294967296,1]`, `[0,0]`), 0), "too large"},
		{"bytes over 63 bits", raw(one(`"F64"`, `[2305843009213693952]`, `[0,0]`), 0), "too large"},
		{"nine dimensions", raw(one(`"U8"`, `[1,1,1,1,1,1,1,1,1]`, `[0,1]`), 1), "more than 8 numbers"},
		{"offsets too few", raw(one(`"U8"`, `[1]`, `[0]`), 1), "data_offsets [0]"},
		{"offsets too many", raw(one(`"U8"`, `[1]`, `[0,1,1]`), 1), "more than 2 numbers"},
		{"offsets backwards", raw(one(`"U8"`, `[1]`, `[1,0]`), 1), "data_offsets [1 0]"},
		{"shape says more than bytes", raw(one(`"F32"`, `[2]`, `[0,4]`), 4), "takes 8 bytes, data_offsets give 4"},
		{"shape says less than bytes", raw(one(`"F32"`, `[1]`, `[0,8]`), 8), "takes 4 bytes, data_offsets give 8"},
		{"offset past the end", raw(one(`"F32"`, `[2]`, `[0,8]`), 7), "cut short: the tensors take 8 bytes, and 7 are there"},
		{"offset near 2^63", raw(one(`"U8"`, `[0]`, `[9223372036854775807,9223372036854775807]`), 0), "belong to none"},
		{"bytes behind", raw(one(`"F32"`, `[2]`, `[0,8]`), 9), "1 bytes behind the last tensor"},
		{"hole at the start", raw(one(`"F32"`, `[2]`, `[4,12]`), 12), "4 bytes between tensors"},
		{"hole", raw(pair(0, 8, 12, 20), 20), "4 bytes between tensors"},
		{"overlap", raw(pair(0, 8, 4, 12), 12), `"a" and "b" overlap`},
		{"same place", raw(pair(0, 8, 0, 8), 8), `"a" and "b" overlap`},
		{"two empty in one place", raw(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 0), "share one place"},
		{"too many tensors", raw("{"+strings.Join(many, ",")+"}", maxTensors+1), "more than 65536 tensors"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(c.file)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want …%s…", err, c.want)
			}
		})
	}
}

// sample has every element type, an empty tensor, a scalar, and odd names.
func sample(t testing.TB) ([]byte, []Entry) {
	t.Helper()
	var entries []Entry
	add := func(name string, d tensor.DType, shape ...int) {
		b := make([]byte, d.Size(tensor.Shape(shape).Len()))
		for i := range b {
			b[i] = byte(len(name)*31 + i)
		}
		entries = append(entries, Entry{name, d, shape, Bytes(b)})
	}
	for name, d := range dtypes {
		add("type."+name, d, 3, 5)
	}
	add("scalar", tensor.F32)
	add("marker", tensor.F8E4M3, 0)
	add(`ü "quoted" \ <tag>`, tensor.F16, 1, 1, 2)
	var buf bytes.Buffer
	if err := Write(&buf, entries, map[string]string{"format": "pt", "說明": "a\nb"}); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), entries
}

func checkSample(t *testing.T, f *File, entries []Entry) {
	t.Helper()
	if want := map[string]string{"format": "pt", "說明": "a\nb"}; !maps.Equal(f.Metadata(), want) {
		t.Errorf("metadata %v", f.Metadata())
	}
	if len(f.Names()) != len(entries) || !slices.IsSorted(f.Names()) {
		t.Errorf("names %v", f.Names())
	}
	for _, e := range entries {
		d, s, ok := f.Info(e.Name)
		if !ok || d != e.DType || !s.Equal(e.Shape) {
			t.Errorf("%s: %v %v %v", e.Name, d, s, ok)
		}
		var want bytes.Buffer
		if err := e.Data(&want); err != nil {
			t.Fatal(err)
		}
		got, err := f.Bytes(e.Name)
		if err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s: bytes differ (%v)", e.Name, err)
		}
		if _, size := d.Block(); len(got) > 0 && uintptr(unsafe.Pointer(&got[0]))%uintptr(size) != 0 {
			t.Errorf("%s: misaligned", e.Name)
		}
		dst := make([]byte, len(got))
		if err := f.Read(e.Name, dst); err != nil || !bytes.Equal(dst, got) {
			t.Errorf("%s: Read differs (%v)", e.Name, err)
		}
		if err := f.Read(e.Name, append(dst, 0)); err == nil {
			t.Errorf("%s: Read fills too much room", e.Name)
		}
	}
	if _, err := f.Bytes("none"); err == nil {
		t.Error("bytes of a tensor that is not there")
	}
	if err := f.Read("none", nil); err == nil {
		t.Error("read of a tensor that is not there")
	}
}

func TestWriteThenRead(t *testing.T) {
	data, entries := sample(t)
	f, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	checkSample(t, f, entries)
	shifted := append(make([]byte, 1, len(data)+1), data...)[1:] // misaligned in memory
	if f, err = Parse(shifted); err != nil {
		t.Fatal(err)
	}
	checkSample(t, f, entries)
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err = Open(path); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	checkSample(t, f, entries)
	if runtime.GOOS == "windows" {
		return // does not let a mapped file be cut
	}
	if err := os.Truncate(path, int64(len(data)-1)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Bytes("scalar"); err == nil {
		t.Error("bytes of a file that was cut")
	}
	last := entries[slices.IndexFunc(entries, func(e Entry) bool { return e.Name == "type.U8" })]
	if err := f.Read(last.Name, make([]byte, 15)); err == nil {
		t.Error("read behind the cut")
	}
}

func TestWriteRefuses(t *testing.T) {
	nothing := Bytes(nil)
	for _, c := range []struct {
		entry Entry
		want  string
	}{
		{Entry{"q", tensor.Q4_0, tensor.Shape{32}, nothing}, "safetensors has no q4_0"},
		{Entry{"short", tensor.U8, tensor.Shape{2}, Bytes([]byte{1})}, "1 bytes written, want 2"},
		{Entry{"long", tensor.U8, tensor.Shape{0}, Bytes([]byte{1})}, "1 bytes written, want 0"},
		{Entry{"taken", tensor.U8, tensor.Shape{0}, nothing}, "the name is taken"},
		{Entry{"__metadata__", tensor.U8, tensor.Shape{0}, nothing}, "the name is taken"},
		{Entry{"a\xff", tensor.U8, tensor.Shape{0}, nothing}, "must be UTF-8"},
		{Entry{"vast", tensor.F64, tensor.Shape{1 << 40, 1 << 22}, nothing}, "too large"},
		{Entry{"fails", tensor.U8, tensor.Shape{0}, func(io.Writer) error { return os.ErrInvalid }}, "tensor fails: invalid"},
	} {
		taken := Entry{"taken", tensor.U8, tensor.Shape{}, Bytes([]byte{1})}
		err := Write(&bytes.Buffer{}, []Entry{taken, c.entry}, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want …%s…", c.entry.Name, err, c.want)
		}
	}
}
